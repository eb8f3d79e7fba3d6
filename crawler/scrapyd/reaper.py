"""What scrapyd, as the parent of spiders, knows better than any lease: that a process has ended.

A run that was killed gives its links back at once instead of after its lease. And a process whose run is over is ended
by force: one that hangs keeps a slot, and one that was stopped in the middle of a write keeps SQLite's lock.
"""

from sqlalchemy import Engine, and_, false, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from twisted.logger import Logger

from crawler.database import now, writing
from crawler.models import Run, RunState
from crawler.queue import lose

GRACE_SECONDS = 5.0  # a spider needs a moment to see that its run is over

log = Logger()


def bury(engine: Engine, run_id: str, pid: int) -> None:
    """Give up the run if this process, which has ended, still worked on it. Another may: a job can be posted twice."""
    still = and_(Run.state == RunState.RUNNING, Run.pid == pid)
    try:
        with writing(engine) as connection:
            lost = lose(connection, run_id, still, "its process died")
    except SQLAlchemyError:
        log.failure("Run {run} ends with its lease", run=run_id)
    else:
        if lost:
            log.warn("Run {run} was lost: its process {pid} died", run=run_id, pid=pid)  # noqa: G010


def overdue(engine: Engine, run_ids: set[str]) -> set[str]:
    """Find those of these runs that are over for their processes: the lease has ended, the run some time ago, or its
    batch was deleted and it with it.

    This reads only: whoever hangs with SQLite's write lock keeps nobody from reading.
    """
    silent = and_(Run.finished_at.is_(None), Run.lease_until < now())
    ended = Run.finished_at < now() - GRACE_SECONDS
    over = func.coalesce(or_(silent, ended), false())
    try:
        with engine.connect() as connection:
            known = dict(connection.execute(select(Run.id, over).where(Run.id.in_(run_ids))).tuples().all())
    except SQLAlchemyError:
        log.failure("The runs could not be read")
        return set()
    return {run_id for run_id in run_ids if known.get(run_id, True)}
