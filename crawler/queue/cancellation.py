"""Runs, links and batches that end because somebody decides so, not because VK answered."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Update, and_, func, literal, or_, select, update

from crawler.queue import dispatch_lock, line, wakeup
from crawler.reasons import Reason
from crawler.store.database import now, writing
from crawler.store.models.batches import FINAL, Batch, Link, Status
from crawler.store.models.runs import ACTIVE, Run, RunState


def end(condition: ColumnElement[bool], state: RunState, outcome: str) -> Update:
    return (
        update(Run)
        .where(condition, Run.state.in_(ACTIVE))
        .values(state=state, finished_at=now(), outcome=outcome)
        .execution_options(synchronize_session=False)
    )


def cancel_job(engine: Engine, job: str) -> str | None:
    """End the run that a scrapyd job works on, or is to, for good, with the links of its platform in the batch that
    nobody else works on; the run's id. None: the job is over.
    """
    with writing(engine) as connection:
        dispatch_lock.lock(connection)
        ended = end(Run.job == job, RunState.FINISHED, Reason.CANCELLED)
        run = connection.execute(ended.returning(Run.id, Run.batch_id, Run.platform)).one_or_none()
        if run is not None:
            theirs = and_(Link.batch_id == run.batch_id, Link.platform == run.platform)
            fail(connection, theirs, literal(Reason.CANCELLED), run_id=run.id)
            line.run_ended(connection, run.id)
    wakeup.send(engine)  # its slot is free
    return None if run is None else run.id


def cancel_batch(connection: Connection, batch_id: int) -> None:
    """End a batch for good: its runs, and with them all links that are not final yet."""
    connection.execute(end(Run.batch_id == batch_id, RunState.FINISHED, Reason.CANCELLED))
    fail(connection, Link.batch_id == batch_id, literal(Reason.CANCELLED))
    closed = connection.execute(closing().where(Batch.id == batch_id).returning(Batch.user_id)).scalars().all()
    line.close(connection, [batch_id])
    line.leave(connection, closed)


def closing() -> Update:
    """Close batches whose links are all final, and count once and for all what they have come to."""
    links = select(func.count()).where(Link.batch_id == Batch.id)
    views = select(func.sum(Link.views)).where(Link.batch_id == Batch.id, Link.views.is_not(None))
    counted = {
        "done": links.where(Link.status == Status.DONE).scalar_subquery(),
        "failed": links.where(Link.status == Status.FAILED).scalar_subquery(),
        "views": views.scalar_subquery(),
    }
    return update(Batch).where(Batch.closed_at.is_(None)).values(closed_at=now(), **counted)


def fail(
    connection: Connection, which: ColumnElement[bool], reason: ColumnElement[Any], *, run_id: str | None = None
) -> int:
    """End the unfinished links among these: all, or with a `run_id` those of that run or of none."""
    free = or_(Link.run_id.is_(None), Link.run_id == run_id) if run_id else literal(value=True)
    statement = (
        update(Link)
        .where(which, Link.status.not_in(FINAL), free)
        .values(status=Status.FAILED, reason=reason, finished_at=now())
        .execution_options(synchronize_session=False)
    )
    return connection.execute(statement).rowcount
