"""When API tokens and page logins were last used. Another thread writes this, so that no request waits for a write."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError


@dataclass
class LastUses:
    """Notes uses. While the database accepts no writes they wait, and may be lost; no request fails because of that.

    `used` builds the statement that notes the use of the rows with these ids.
    """

    engine: Engine
    used: Callable[[set[str]], Any]
    noted: set[str] = field(default_factory=set)
    writing: bool = False
    lock: Lock = field(default_factory=Lock)

    def note(self, id_: str) -> None:
        with self.lock:
            self.noted.add(id_)
            if self.writing:
                return
            self.writing = True
        Thread(target=self._write, name="last-uses", daemon=True).start()

    def _write(self) -> None:
        while noted := self._take():
            with suppress(SQLAlchemyError), self.engine.begin() as connection:
                connection.execute(self.used(noted))

    def _take(self) -> set[str]:
        with self.lock:
            noted, self.noted = self.noted, set()
            self.writing = bool(noted)
            return noted
