"""A clock of SQLite's that a test moves, within this process: a day of the scheduler's work passes in a minute."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from crawler.store import database

EPOCH = 2_440_587.5  # 1970 as SQLite's `julianday`, of which `database.now` is made
DAY_SECONDS = 86_400.0


class SimulatedClock:
    """`engine` reads it, by a `julianday` of its own. It stands still until it is moved."""

    def __init__(self, url: str, moment: float) -> None:
        self.moment = moment
        self.engine: Engine = database.create(url=url)
        event.listen(self.engine, "connect", self._install)

    def _install(self, connection: Any, _record: Any) -> None:
        connection.create_function("julianday", 1, lambda _now: self.moment / DAY_SECONDS + EPOCH)


@contextmanager
def simulated(url: str, moment: float) -> Iterator[SimulatedClock]:
    clock = SimulatedClock(url, moment)
    try:
        yield clock
    finally:
        clock.engine.dispose()
