"""The scheduler's sign of life, for whoever wonders why nothing moves."""

import math
from time import monotonic

from sqlalchemy import Engine, select

from crawler.database import now, upsert
from crawler.models import Beat

NAME = "scheduler"
EVERY_SECONDS = 5.0  # a row a round would be four writes a second for nothing


class Pulse:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.last = -math.inf

    def beat(self) -> None:
        """Write the time down, unless that was done just now."""
        if monotonic() - self.last >= EVERY_SECONDS:
            write(self.engine)
            self.last = monotonic()


def write(engine: Engine) -> None:
    with engine.begin() as connection:
        new = upsert(connection, Beat).values(name=NAME, at=now())
        connection.execute(new.on_conflict_do_update(index_elements=[Beat.name], set_={"at": now()}))


def age(engine: Engine) -> float | None:
    """Seconds since the last one; None where there never was any."""
    with engine.connect() as connection:
        return connection.execute(select(now() - Beat.at).where(Beat.name == NAME)).scalar()
