"""Batches come to their end."""

import math
from functools import cache

from sqlalchemy import ColumnElement, Double, Engine, and_, bindparam, case, exists, select, union
from sqlalchemy.sql.dml import ReturningUpdate

from crawler.queue import line
from crawler.queue.cancellation import closing, fail
from crawler.reasons import Reason
from crawler.store.database import MOMENT, reading, writing
from crawler.store.models.batches import FINAL, Batch, Link, Part, Status
from crawler.store.models.runs import Run

AT_ONCE = 1_000  # batches of one transaction
PAST = and_(Batch.closed_at.is_(None), Batch.deadline_at < MOMENT)
SOME_PAST = select(Batch.id).where(PAST).order_by(Batch.deadline_at).limit(AT_ONCE)  # as an index has them


def expire(engine: Engine) -> None:
    """Fail the waiting links of batches past their deadline; those that are being worked on may still end well."""
    with reading(engine) as connection:
        past = connection.execute(SOME_PAST).scalars().all()
    if past:  # or PostgreSQL might go through all links that wait
        with writing(engine) as connection:
            fail(connection, and_(Link.batch_id.in_(past), Link.status == Status.CREATED), _reason())


def _reason() -> ColumnElement[str]:
    waits = exists().where(
        Part.batch_id == Link.batch_id, Part.platform == Link.platform, Part.waiting_for.is_not(None)
    )
    return case((waits, Reason.CREDENTIAL), else_=Reason.DEADLINE)


def close(engine: Engine, seconds: float = math.inf) -> None:
    """Close the batches whose links are all final: from now on they cost the scheduler nothing.

    Only those are looked at of which a run was at work within so many seconds, and those past their deadline: links of
    others become final only when a user cancels them, which closes their batch.
    """
    everything = math.isinf(seconds)
    with engine.begin() as connection:
        rows = connection.execute(_closing(everything=everything), {} if everything else {"seconds": seconds}).all()
        if rows:
            line.close(connection, [row.id for row in rows])
            line.leave(connection, {row.user_id for row in rows})


@cache
def _closing(*, everything: bool) -> ReturningUpdate[int, str]:
    unfinished = exists().where(Link.batch_id == Batch.id, Link.status.in_(set(Status) - set(FINAL)))
    which = [~unfinished] if everything else [~unfinished, _touched()]
    return closing().where(*which).returning(Batch.id, Batch.user_id)


def _touched() -> ColumnElement[bool]:
    """Of open batches."""
    at_work = select(Run.batch_id).where(Run.finished_at.is_(None))
    lately = select(Run.batch_id).where(Run.finished_at > MOMENT - bindparam("seconds", type_=Double))
    return Batch.id.in_(union(at_work, lately, select(SOME_PAST.subquery().c.id)))
