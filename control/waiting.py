"""How long links wait that nobody works on though somebody could."""

from typing import Any

from sqlalchemy import ColumnElement, Engine, case, func, literal, select

from crawler.database import now
from crawler.models import Batch, Link, Run, Status
from crawler.queue import ready


def oldest(engine: Engine) -> float | None:
    """Seconds since the longest waiting batch could have got a run; None where none waits for one."""
    with engine.connect() as connection:
        seconds = connection.execute(select(func.max(now() - _since())).where(ready())).scalar()
    return None if seconds is None else max(0.0, seconds)


def _since() -> ColumnElement[float]:
    """When a batch came to be ready: it is there, its wait and its last run are over, and a link is due.

    The earliest due time of a batch is looked for only where no link was due before all that: most links were never
    tried, so that the first one answers for 100,000.
    """
    ended: Any = select(func.max(Run.finished_at)).where(Run.batch_id == Batch.id).correlate(Batch).scalar_subquery()
    free = _later(_later(Batch.created_at, Batch.waiting_until), func.coalesce(ended, literal(0.0)))
    waiting = (Link.batch_id == Batch.id, Link.status == Status.CREATED)
    was_due = select(Link.id).where(*waiting, Link.not_before <= free).correlate(Batch).exists()
    due: Any = select(func.min(Link.not_before)).where(*waiting).correlate(Batch).scalar_subquery()
    return case((was_due, free), else_=due)


def _later(one: Any, other: Any) -> ColumnElement[float]:
    return case((one > other, one), else_=other)
