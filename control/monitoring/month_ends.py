"""Whether the end of a month is due and nothing measures it: its minutes do not come again."""

from typing import Any

from sqlalchemy import Engine, exists, func, select

from control.monitoring import backlog
from crawler.store.database import now, reading
from crawler.store.models.batches import Batch
from crawler.store.models.campaigns import FollowedPost, PointKind, SharedUser
from crawler.store.models.runs import Run, RunState

SIDES = (PointKind.MONTH_END, PointKind.MONTH_BEGIN)
ITS_BATCH = Batch.user_id == SharedUser.MONTH_ENDS
ITS_RUN = exists().where(Batch.id == Run.batch_id, ITS_BATCH)


def unattended(engine: Engine) -> float | None:
    """Return for how many seconds a post has waited to be read for a month's end; None where none waits, or where a run
    is at it: then it is the others' turn soon.
    """
    with reading(engine) as connection:
        if connection.execute(select(_is_measured())).scalar_one():
            return None
        waits = [connection.execute(select(now() - since)).scalar() for since in (_gathered(), _begun())]
    waits.append(backlog.oldest(engine, SharedUser.MONTH_ENDS))
    return max((seconds for seconds in waits if seconds is not None), default=None)


def _gathered() -> Any:
    """Since when a post should have been handed to a run."""
    due = (FollowedPost.due_at.is_not(None), FollowedPost.late_at <= now(), FollowedPost.kind.in_(SIDES))
    return select(func.min(FollowedPost.late_at)).where(*due).scalar_subquery()


def _begun() -> Any:
    """Since when a run should have begun."""
    waiting = (Run.finished_at.is_(None), Run.state != RunState.RUNNING, ITS_RUN)
    return select(func.min(Run.created_at)).where(*waiting).scalar_subquery()


def _is_measured() -> Any:
    at_work = (Run.finished_at.is_(None), Run.state == RunState.RUNNING, Run.lease_until > now())
    return exists().where(*at_work, Run.batch_id == Batch.id, ITS_BATCH)
