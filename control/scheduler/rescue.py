"""Take back what nobody works on any more.

| run            | since           | what it means and what is done                                               |
|----------------|-----------------|------------------------------------------------------------------------------|
| queued, posted | 3 minutes       | Never started: scrapyd was down, or lost it. It held no links: none is       |
|                |                 | charged.                                                                     |
| running        | its lease ended | Its process is dead, hangs, or was cut off from us. Links whose request may  |
|                |                 | have been on the wire are charged one try, the others are free at once.      |
| running        |                 | Its lease holds. Nothing is done, whatever scrapyd says.                     |
| finished, lost |                 | It is over. Nothing is done; a late process of it can write nothing.         |

The batch of a lost run has waiting links again, so dispatch gives it another run.
"""

import structlog
from sqlalchemy import Engine, and_, or_, select

from crawler.database import now, writing
from crawler.models import Run, RunState
from crawler.queue import lose

log = structlog.get_logger()

NEVER_STARTED_SECONDS = 180.0

SILENT = and_(Run.state == RunState.RUNNING, Run.lease_until < now())
NEVER_STARTED = and_(Run.state.in_((RunState.QUEUED, RunState.POSTED)), Run.created_at < now() - NEVER_STARTED_SECONDS)


def rescue(engine: Engine) -> None:
    """Give up runs that are lost."""
    statement = select(Run.id, Run.state).where(Run.finished_at.is_(None), or_(SILENT, NEVER_STARTED))
    with engine.connect() as connection:
        rows = connection.execute(statement).all()
    for run_id, state in rows:
        silent = state == RunState.RUNNING
        outcome = "its lease ended" if silent else "never started"
        with writing(engine) as connection:
            lost = lose(connection, run_id, SILENT if silent else NEVER_STARTED, outcome)
        if lost:
            log.warning("run lost", run=run_id, why=outcome)
