"""Batches come to their end."""

from sqlalchemy import Engine, and_, case, exists, select

from crawler.queue.cancellation import closing, fail
from crawler.reasons import Reason
from crawler.store.database import now
from crawler.store.models.batches import FINAL, Batch, Link, Part, Status


def expire(engine: Engine) -> None:
    """Fail the waiting links of batches past their deadline; those that are being worked on may still end well."""
    past = select(Batch.id).where(Batch.closed_at.is_(None), Batch.deadline_at < now())
    waits = exists().where(
        Part.batch_id == Link.batch_id, Part.platform == Link.platform, Part.waiting_for.is_not(None)
    )
    reason = case((waits, Reason.CREDENTIAL), else_=Reason.DEADLINE)
    with engine.begin() as connection:
        fail(connection, and_(Link.batch_id.in_(past), Link.status == Status.CREATED), reason)


def close(engine: Engine) -> None:
    """Close the batches whose links are all final: from now on they cost the scheduler nothing."""
    unfinished = exists().where(Link.batch_id == Batch.id, Link.status.in_(set(Status) - set(FINAL)))
    with engine.begin() as connection:
        connection.execute(closing().where(~unfinished))
