"""Removes rows that nobody needs any more, so that the database does not grow for ever.

Batches, their links and readings stay until their user deletes them: they are the result.
"""

from time import monotonic

from sqlalchemy import Engine, delete, select

from control.batches.idempotency import REMEMBERED_SECONDS
from control.campaigns.events import KEPT_DAYS
from control.imports import storage
from control.scheduler import points
from control.times import DAY_SECONDS
from crawler.store.database import now
from crawler.store.models.accounts import Attempts, Login, Usage
from crawler.store.models.batches import Submission
from crawler.store.models.events import Event
from crawler.store.models.exports import Export
from crawler.store.models.hosts import SchedulerProcess
from crawler.store.models.runs import Run

EVERY_SECONDS = 60.0
RUNS_KEPT_SECONDS = 30 * DAY_SECONDS
SCHEDULERS_KEPT_SECONDS = DAY_SECONDS  # of hosts that are gone; nodes stay until an operator forgets them
KEYS_KEPT_SECONDS = 2 * REMEMBERED_SECONDS  # older ones count for nothing
ROWS_AT_ONCE = 10_000  # a few at a time, so that others can write in between
EXPORTS_AT_ONCE = 5  # of some megabytes each


class Pruner:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.next = 0.0

    def prune(self) -> None:
        """Remove what is too old, unless that was done just now."""
        if monotonic() >= self.next:
            self.next = monotonic() + EVERY_SECONDS
            remove(self.engine)
            storage.expire(self.engine)
            points.remove_old(self.engine)


def remove(engine: Engine) -> None:
    old = select(Run.id).where(Run.finished_at < now() - RUNS_KEPT_SECONDS).limit(ROWS_AT_ONCE)
    expired = select(Export.id).where(Export.expires_at < now()).limit(EXPORTS_AT_ONCE)
    with engine.begin() as connection:
        connection.execute(delete(Run).where(Run.id.in_(old.scalar_subquery())))
        connection.execute(delete(Submission).where(Submission.created_at < now() - KEYS_KEPT_SECONDS))
        connection.execute(delete(Login).where(Login.expires_at < now()))
        connection.execute(delete(Attempts).where(Attempts.until < now()))
        connection.execute(delete(Export).where(Export.id.in_(expired.scalar_subquery())))
        connection.execute(delete(Event).where(Event.created_at < now() - KEPT_DAYS * DAY_SECONDS))
        gone = SchedulerProcess.seen_at < now() - SCHEDULERS_KEPT_SECONDS
        connection.execute(delete(SchedulerProcess).where(gone))
        connection.execute(delete(Usage).where(Usage.day < now() / DAY_SECONDS - 2))
