"""The latest runs, for administrators: those under way, then those that ended last."""

from typing import Any

from sqlalchemy import Engine, func, select

from crawler.store.database import now, snapshot
from crawler.store.models.batches import Batch, Link
from crawler.store.models.runs import ACTIVE, Run

MOST = 20  # of either


def latest_runs(engine: Engine) -> list[Any]:
    """Read `id`, `batch`, its `links`, `platform`, `node`, `state`, `outcome`, `alarm`, `created_at`, and `took`:
    seconds from the start until the end or until now, None before the start.
    """
    took = func.coalesce(Run.finished_at, now()) - Run.started_at
    columns = (Run.id, Run.platform, Run.node, Run.state, Run.outcome, Run.alarm, Run.created_at, took.label("took"))
    links = select(func.max(Link.position) + 1).where(Link.batch_id == Run.batch_id).scalar_subquery()
    found = select(*columns, Batch.public_id.label("batch"), links.label("links")).join(Batch, Batch.id == Run.batch_id)
    at_work = found.where(Run.state.in_(ACTIVE), Run.finished_at.is_(None)).limit(MOST)
    ended = found.where(Run.finished_at.is_not(None)).order_by(Run.finished_at.desc()).limit(MOST)
    with snapshot(engine) as connection:
        return [*connection.execute(at_work), *connection.execute(ended)]
