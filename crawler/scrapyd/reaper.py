"""Runs without a process, and processes without a run. scrapyd is the spiders' parent and sees at once that one ended.

A run whose process was killed gives its links back at once, instead of when its lease ends. And a process whose run is
over is killed: one that hangs keeps a slot, and one that was stopped in the middle of a write keeps SQLite's lock.
"""

from sqlalchemy import Engine, and_, false, func, not_, or_, select
from sqlalchemy.exc import SQLAlchemyError
from twisted.logger import Logger

from crawler.queue import lease, wakeup
from crawler.queue.claims import mark_lost
from crawler.store.database import now, reading, writing
from crawler.store.models.runs import Run, RunState

GRACE_SECONDS = 5.0  # a spider needs a moment to see that its run is over

log = Logger()


def give_up_run(engine: Engine, job: str, owner: str) -> bool:
    """Give up the run that a job's process, its `owner`, was working on when it ended.

    False: the database could not be asked.
    """
    still = Run.state == RunState.RUNNING
    try:
        run_id = lease.at_work(engine, job, owner)
        with writing(engine) as connection:
            lost = run_id is not None and mark_lost(connection, run_id, still, "its process died")
    except SQLAlchemyError as error:
        log.warn("Job {job} has ended, which cannot be stored: {why}", job=job, why=type(error).__name__)  # noqa: G010
        return False
    if lost:
        wakeup.send(engine)
        log.warn("Run {run} was lost: the process of job {job} died", run=run_id, job=job)  # noqa: G010
    return True


def overdue(engine: Engine, jobs: set[str]) -> set[str]:
    """Find the jobs that have nothing left to do: each of their runs has lost its lease, ended some time ago, or was
    deleted with its batch.

    This only reads, which works even while a hanging process holds SQLite's write lock.
    """
    silent = and_(Run.finished_at.is_(None), Run.lease_until < now())
    ended = Run.finished_at < now() - GRACE_SECONDS
    over = func.coalesce(or_(silent, ended), false())
    try:
        with reading(engine) as connection:
            at_work = connection.execute(select(Run.job).where(Run.job.in_(jobs), not_(over))).scalars().all()
    except SQLAlchemyError:
        log.failure("The runs could not be read")
        return set()
    return jobs - set(at_work)
