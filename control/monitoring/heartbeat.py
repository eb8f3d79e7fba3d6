"""The scheduler's sign of life, which shows whether it still works."""

import math
from time import monotonic
from typing import NamedTuple

from sqlalchemy import Engine, select

from control.monitoring import clock
from crawler.store.database import now, reading, upsert, writing
from crawler.store.models.hosts import Leader, SchedulerProcess
from crawler.store.models.runs import Beat

NAME = "scheduler"
EVERY_SECONDS = 5.0  # often enough to notice a failure soon, and rare enough to cost nothing


class Standing(NamedTuple):
    """A scheduler of several: `seen` is how many seconds ago it was heard."""

    name: str
    leads: bool
    seen: float


class Pulse:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.last = -math.inf

    def beat(self) -> None:
        """Store the present time, unless that was done just now."""
        if monotonic() - self.last >= EVERY_SECONDS:
            write(self.engine)
            self.last = monotonic()


def write(engine: Engine) -> None:
    with writing(engine) as connection:
        last = select(Beat.at).where(Beat.name == NAME).with_for_update()
        clock.note(connection, connection.execute(last).scalar())
        new = upsert(connection, Beat).values(name=NAME, at=now())
        connection.execute(new.on_conflict_do_update(index_elements=[Beat.name], set_={"at": now()}))


def age(engine: Engine) -> float | None:
    """Return the seconds since the last beat; None if there never was one."""
    with reading(engine) as connection:
        return connection.execute(select(now() - Beat.at).where(Beat.name == NAME)).scalar()


def standings(engine: Engine) -> list[Standing]:
    """Return who leads and who stands by, by the names of their machines; nobody where there can be only one."""
    leads = select(Leader.host).where(Leader.until > now()).scalar_subquery()
    seen = select(SchedulerProcess.name, SchedulerProcess.host == leads, now() - SchedulerProcess.seen_at)
    with reading(engine) as connection:
        return [Standing(name, bool(first), age) for name, first, age in connection.execute(seen.order_by("name"))]
