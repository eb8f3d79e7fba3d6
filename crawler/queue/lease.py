"""A run's lease: who may write. Others take over a run's links only after its lease, or its process, has ended.

Every write of a run begins with `extend_lease`, which raises `Fenced` if the lease is over. So a process that was
stopped and wakes up late writes nothing.
https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html
"""

from sqlalchemy import Connection, Double, Engine, bindparam, select, update

from crawler.exceptions import Fenced
from crawler.process import environment
from crawler.store.database import now, reading
from crawler.store.models.batches import Batch
from crawler.store.models.runs import Run, RunState

BEATS = 6  # how often a lease is extended before it would end

EXTEND = (
    update(Run)
    .where(Run.id == bindparam("run"), Run.state == RunState.RUNNING, Run.lease_until > now())
    .values(lease_until=now() + bindparam("lease", type_=Double))
    .returning(Run.batch_id)
)


def seconds() -> float:
    """Read LEASE_SECONDS: how long a silent worker keeps what it has claimed."""
    return environment.seconds("LEASE_SECONDS", 60)


def start(engine: Engine, run_id: str, lease: float, owner: str | None = None) -> str | None:
    """Win the run for this process; the public id of its batch. None: it runs already, is over or never was.

    `owner` is the process's random id: processes in two containers, or one after the other, may have the same pid.
    """
    statement = (
        update(Run)
        .where(Run.id == run_id, Run.state.in_((RunState.QUEUED, RunState.POSTED)))
        .values(state=RunState.RUNNING, owner=owner, started_at=now(), lease_until=now() + lease)
        .returning(select(Batch.public_id).where(Batch.id == Run.batch_id).scalar_subquery())
    )
    with engine.begin() as connection:
        return connection.execute(statement).scalar()


def at_work(engine: Engine, job: str, owner: str) -> str | None:
    """Find the run that a job's process works on; None: none any more. A job can be posted twice, and its other process
    may work on the run.
    """
    running = select(Run.id).where(Run.job == job, Run.owner == owner, Run.state == RunState.RUNNING)
    with reading(engine) as connection:
        return connection.execute(running).scalar()


def extend_lease(connection: Connection, run_id: str, lease: float) -> int:
    """Extend the lease and lock the run's row; the answer is its batch's id."""
    batch_id = connection.execute(EXTEND, {"run": run_id, "lease": lease}).scalar()
    if batch_id is None:
        raise Fenced(run_id)
    return batch_id


def beat(engine: Engine, run_id: str, lease: float) -> None:
    with engine.begin() as connection:
        extend_lease(connection, run_id, lease)
