"""A clock of SQLite's that a test moves, within this process: a day of the scheduler's work passes in a minute."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from crawler.store import database
from crawler.store.database import now


class SimulatedClock:
    """`engine` reads it. It stands still until it is moved."""

    def __init__(self, url: str, moment: float) -> None:
        self.moment = moment
        self.engine: Engine = database.create(url=url)
        event.listen(self.engine, "connect", self._install)

    def _install(self, connection: Any, _record: Any) -> None:
        connection.create_function("simulated_now", 0, lambda: self.moment)


@contextmanager
def simulated(url: str, moment: float) -> Iterator[SimulatedClock]:
    """Let `now` be the simulated clock's in statements that are compiled meanwhile, for its engine."""
    compiled = now._compiler_dispatcher.specs  # type: ignore[attr-defined]
    real = compiled["sqlite"]
    compiled["sqlite"] = lambda *_, **__: "simulated_now()"
    clock = SimulatedClock(url, moment)
    try:
        yield clock
    finally:
        clock.engine.dispose()
        compiled["sqlite"] = real
