"""A run's lease: who may write. Others take a run's links over only after its lease, or its process, has ended.

Every write of a run begins with `hold`, which extends the lease or raises `Fenced`: a process that was stopped and
wakes up late finds the door locked and writes nothing.
https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html
"""

import os

from sqlalchemy import Connection, Double, Engine, bindparam, select, update

from crawler.database import now
from crawler.exceptions import Fenced
from crawler.models import Batch, Run, RunState

HOLD = (
    update(Run)
    .where(Run.id == bindparam("run"), Run.state == RunState.RUNNING, Run.lease_until > now())
    .values(lease_until=now() + bindparam("lease", type_=Double))
    .returning(Run.batch_id)
)


def start(engine: Engine, run_id: str, lease: float) -> str | None:
    """Win the run for this process; the public id of its batch. None: it runs already, is over or never was."""
    statement = (
        update(Run)
        .where(Run.id == run_id, Run.state.in_((RunState.QUEUED, RunState.POSTED)))
        .values(state=RunState.RUNNING, pid=os.getpid(), started_at=now(), lease_until=now() + lease)
        .returning(select(Batch.public_id).where(Batch.id == Run.batch_id).scalar_subquery())
    )
    with engine.begin() as connection:
        return connection.execute(statement).scalar()


def hold(connection: Connection, run_id: str, lease: float) -> int:
    """Extend the lease and lock the run's row; the answer is its batch's id."""
    batch_id = connection.execute(HOLD, {"run": run_id, "lease": lease}).scalar()
    if batch_id is None:
        raise Fenced(run_id)
    return batch_id


def beat(engine: Engine, run_id: str, lease: float) -> None:
    with engine.begin() as connection:
        hold(connection, run_id, lease)
