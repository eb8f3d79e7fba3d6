"""Remove what has served its time, so that a system that runs for years does not drag it along.

Batches, their links and readings stay until their user deletes them: they are the result.
"""

from time import monotonic

from sqlalchemy import Engine, delete, select

from crawler.database import now
from crawler.models import Login, Run, Submission, Tries, Usage

EVERY_SECONDS = 60.0
RUNS_KEPT_SECONDS = 30 * 86_400.0
KEYS_KEPT_SECONDS = 2 * 86_400.0  # `control.idempotency` looks at those of one day
DAY_SECONDS = 86_400.0
ROWS_AT_ONCE = 10_000  # others want to write too


class Pruner:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.next = 0.0

    def prune(self) -> None:
        """Remove what is too old, unless that was done just now."""
        if monotonic() >= self.next:
            self.next = monotonic() + EVERY_SECONDS
            remove(self.engine)


def remove(engine: Engine) -> None:
    old = select(Run.id).where(Run.finished_at < now() - RUNS_KEPT_SECONDS).limit(ROWS_AT_ONCE)
    with engine.begin() as connection:
        connection.execute(delete(Run).where(Run.id.in_(old.scalar_subquery())))
        connection.execute(delete(Submission).where(Submission.created_at < now() - KEYS_KEPT_SECONDS))
        connection.execute(delete(Login).where(Login.expires_at < now()))
        connection.execute(delete(Tries).where(Tries.until < now()))
        connection.execute(delete(Usage).where(Usage.day < now() / DAY_SECONDS - 2))
