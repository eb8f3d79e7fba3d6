"""What errors have said about the database's state: that it is damaged, or that its disk is full."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from crawler.store import database

RECENTLY_SECONDS = 60.0
LEAST_FREE_BYTES = 16 * 1024 * 1024  # room for a large batch; with less, the disk counts as full


class DatabaseTrouble:
    """Listens to an engine's errors. Damage is reported until a restart, because most requests may not meet it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.damaged = False
        self.full_at = -math.inf
        event.listen(engine, "handle_error", self._heard)

    def _heard(self, context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception or context.original_exception
        self.damaged = self.damaged or database.is_damaged(error)
        if database.is_full(error):
            self.full_at = monotonic()

    def in_words(self) -> Iterator[str]:
        if self.damaged:
            yield "the database is damaged: stop the system, restore a backup, start it again"
        if monotonic() - self.full_at < RECENTLY_SECONDS or self._free_bytes() < LEAST_FREE_BYTES:
            yield "the database's disk is full: nothing more can be stored until somebody makes room"

    def _free_bytes(self) -> float:
        """Return the free bytes on SQLite's disk. PostgreSQL's disk may be on another machine."""
        if self.engine.dialect.name != "sqlite":
            return math.inf
        disk = os.statvfs(Path(str(self.engine.url.database)).parent)
        return disk.f_bavail * disk.f_frsize
