"""Runs, links and batches that end because somebody decides so, not because VK answered."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Update, delete, literal, or_, select, update

from crawler import given
from crawler.database import now, writing
from crawler.models import ACTIVE, FINAL, Batch, Link, Reading, Run, RunState, Status
from crawler.reasons import Reason


def end(condition: ColumnElement[bool], state: RunState, outcome: str) -> Update:
    return (
        update(Run)
        .where(condition, Run.state.in_(ACTIVE))
        .values(state=state, finished_at=now(), outcome=outcome)
        .execution_options(synchronize_session=False)
    )


def cancel_run(engine: Engine, run_id: str) -> bool:
    """End a run for good, pending or running, with the batch's links that nobody else works on; False: it is over."""
    with writing(engine) as connection:
        statement = end(Run.id == run_id, RunState.FINISHED, Reason.CANCELLED).returning(Run.batch_id)
        batch_id = connection.execute(statement).scalar()
        if batch_id is not None:
            fail(connection, Link.batch_id == batch_id, literal(Reason.CANCELLED), run_id=run_id)
    return batch_id is not None


def cancel_batch(connection: Connection, batch_id: int) -> None:
    """End a batch for good: its runs, and with them all links that are not final yet."""
    connection.execute(end(Run.batch_id == batch_id, RunState.FINISHED, Reason.CANCELLED))
    fail(connection, Link.batch_id == batch_id, literal(Reason.CANCELLED))
    ended = update(Batch).where(Batch.id == batch_id, Batch.closed_at.is_(None))
    connection.execute(ended.values(closed_at=now(), waiting_for=None))


def erase_batch(connection: Connection, batch_id: int) -> None:
    """Remove a batch with its links, their readings and its runs, which are ended first: from then on nobody writes."""
    connection.execute(end(Run.batch_id == batch_id, RunState.FINISHED, Reason.CANCELLED))
    measured = select(Link.reading_id).where(Link.batch_id == batch_id, Link.reading_id.is_not(None))
    readings = connection.execute(measured).scalars().all()
    connection.execute(delete(Link).where(Link.batch_id == batch_id))
    connection.execute(delete(Reading).where(Reading.run_id.in_(select(Run.id).where(Run.batch_id == batch_id))))
    dialect = connection.dialect.name
    theirs = delete(Reading).where(Reading.id.in_(given.ids(dialect)))  # also those of runs whose rows are gone
    connection.execute(theirs, given.parameters(dialect, id=readings))
    connection.execute(delete(Batch).where(Batch.id == batch_id))


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
