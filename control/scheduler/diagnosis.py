"""What `rescue` would do, run by run, and why."""

from dataclasses import dataclass

from sqlalchemy import Engine, case, func, select

from control.scheduler.rescue import NEVER_STARTED_SECONDS, OUTCOME
from crawler.store.database import now, reading
from crawler.store.models.batches import Batch, Link, Status
from crawler.store.models.runs import Run, RunState


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Of one active run. `outcome` is what it would be given up with, None where it is left alone."""

    run_id: str
    batch_id: str
    state: str
    age: float  # seconds
    lease_left: float | None  # seconds, below 0: it ended
    held: int  # links
    sent: int  # of them
    outcome: str | None

    @property
    def verdict(self) -> str:
        """Say what is done and why, as the table of `rescue` has it."""
        if self.state == RunState.RUNNING:
            return self._of_a_running_one(abs(self.lease_left or 0))
        if self.outcome:
            return f"given up: it did not start within {NEVER_STARTED_SECONDS:.0f} s; no link is charged"
        return f"left alone: it has {NEVER_STARTED_SECONDS - self.age:.0f} s left to start"

    def _of_a_running_one(self, seconds: float) -> str:
        if not self.outcome:
            return f"left alone: its lease holds for {seconds:.0f} s"
        charged = f"{self.sent} links are charged one try, {self.held - self.sent} are free at once"
        return f"given up: its lease ended {seconds:.0f} s ago; {charged}"


def diagnose(engine: Engine) -> list[Diagnosis]:
    """Look at all active runs, the oldest first. Nothing is changed."""
    links = (
        select(Link.run_id, func.count().label("held"), func.sum(case((Link.sent, 1), else_=0)).label("sent"))
        .where(Link.status == Status.IN_PROGRESS)
        .group_by(Link.run_id)
        .subquery()
    )
    held, sent = func.coalesce(links.c.held, 0), func.coalesce(links.c.sent, 0)
    statement = (
        select(Run.id, Batch.public_id, Run.state, now() - Run.created_at, Run.lease_until - now(), held, sent, OUTCOME)
        .join(Batch, Batch.id == Run.batch_id)
        .outerjoin(links, links.c.run_id == Run.id)
        .where(Run.finished_at.is_(None))
        .order_by(Run.created_at)
    )
    with reading(engine) as connection:
        return [Diagnosis(*row) for row in connection.execute(statement)]
