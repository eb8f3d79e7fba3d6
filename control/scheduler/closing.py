"""Batches come to their end."""

from sqlalchemy import Engine, and_, case, exists, select, update

from crawler.database import now
from crawler.ending import fail
from crawler.models import FINAL, Batch, Link, Status
from crawler.reasons import Reason


def expire(engine: Engine) -> None:
    """Fail the waiting links of batches past their deadline; those that are being worked on may still end well."""
    past = select(Batch.id).where(Batch.closed_at.is_(None), Batch.deadline_at < now())
    why = select(case((Batch.waiting_for.is_(None), Reason.DEADLINE), else_=Reason.CREDENTIAL))
    reason = why.where(Batch.id == Link.batch_id).scalar_subquery()
    with engine.begin() as connection:
        fail(connection, and_(Link.batch_id.in_(past), Link.status == Status.CREATED), reason)


def close(engine: Engine) -> None:
    """Close the batches whose links are all final: from now on they cost the scheduler nothing."""
    unfinished = exists().where(Link.batch_id == Batch.id, Link.status.in_(set(Status) - set(FINAL)))
    statement = update(Batch).where(Batch.closed_at.is_(None), ~unfinished)
    with engine.begin() as connection:
        connection.execute(statement.values(closed_at=now(), waiting_for=None))
