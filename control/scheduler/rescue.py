"""Gives up runs that are lost, and takes their links back.

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

from sqlalchemy import Engine, and_, case, or_, select

from control.logs import get_logger
from crawler.queue.claims import mark_lost
from crawler.store.database import now, reading, writing
from crawler.store.models.batches import Batch
from crawler.store.models.runs import Run, RunState

log = get_logger()

NEVER_STARTED_SECONDS = 180.0

SILENT = and_(Run.state == RunState.RUNNING, Run.lease_until < now())
NEVER_STARTED = and_(Run.state.in_((RunState.QUEUED, RunState.POSTED)), Run.created_at < now() - NEVER_STARTED_SECONDS)

RULES = {"its lease ended": SILENT, "never started": NEVER_STARTED}  # each with the outcome of such a run
OUTCOME = case(*((rule, outcome) for outcome, rule in RULES.items()), else_=None)
DOOMED = (
    select(Run.id, Batch.public_id, OUTCOME)
    .join(Batch, Batch.id == Run.batch_id)
    .where(Run.finished_at.is_(None), or_(*RULES.values()))
)


def rescue(engine: Engine) -> list[str]:
    """Give up runs that are lost; their ids."""
    with reading(engine) as connection:
        rows = connection.execute(DOOMED).all()
    return [run_id for run_id, batch_id, outcome in rows if _lost(engine, run_id, batch_id, outcome)]


def _lost(engine: Engine, run_id: str, batch_id: str, outcome: str) -> bool:
    """Skip a run whose row is locked: a host that was cut off may hold it, and the other runs need their rescue."""
    free = select(Run.id).where(Run.id == run_id).with_for_update(skip_locked=True)
    with writing(engine) as connection:
        lost = bool(connection.execute(free).first()) and mark_lost(connection, run_id, RULES[outcome], outcome)
    if lost:
        log.warning("run lost", run=run_id, batch=batch_id, why=outcome)
    return lost
