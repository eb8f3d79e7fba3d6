"""Batches come to their end."""

import math

from sqlalchemy import ColumnElement, Engine, and_, case, exists, literal, select, union

from crawler.queue import line
from crawler.queue.cancellation import closing, fail
from crawler.reasons import Reason
from crawler.store.database import MOMENT, writing
from crawler.store.models.batches import FINAL, Batch, Link, Part, Status
from crawler.store.models.runs import Run

AT_ONCE = 1_000  # batches of one transaction
PAST = and_(Batch.closed_at.is_(None), Batch.deadline_at < MOMENT)


def expire(engine: Engine) -> None:
    """Fail the waiting links of batches past their deadline; those that are being worked on may still end well."""
    waits = exists().where(
        Part.batch_id == Link.batch_id, Part.platform == Link.platform, Part.waiting_for.is_not(None)
    )
    reason = case((waits, Reason.CREDENTIAL), else_=Reason.DEADLINE)
    with writing(engine) as connection:
        past = connection.execute(select(Batch.id).where(PAST).limit(AT_ONCE)).scalars().all()
        if past:  # or PostgreSQL might go through all links that wait
            fail(connection, and_(Link.batch_id.in_(past), Link.status == Status.CREATED), reason)


def close(engine: Engine, seconds: float = math.inf) -> None:
    """Close the batches whose links are all final: from now on they cost the scheduler nothing.

    Only those are looked at of which a run was at work within so many seconds, and those past their deadline: links of
    others become final only when a user cancels them, which closes their batch.
    """
    unfinished = exists().where(Link.batch_id == Batch.id, Link.status.in_(set(Status) - set(FINAL)))
    with engine.begin() as connection:
        closed = closing().where(_touched(seconds), ~unfinished).returning(Batch.id, Batch.user_id)
        rows = connection.execute(closed).all()
        if rows:
            line.close(connection, [row.id for row in rows])
            line.leave(connection, {row.user_id for row in rows})


def _touched(seconds: float) -> ColumnElement[bool]:
    """Of open batches."""
    if math.isinf(seconds):
        return literal(value=True)
    at_work = select(Run.batch_id).where(Run.finished_at.is_(None))
    lately = select(Run.batch_id).where(Run.finished_at > MOMENT - seconds)
    return Batch.id.in_(union(at_work, lately, select(Batch.id).where(PAST)))
