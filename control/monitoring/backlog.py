"""How long links have waited that could be worked on."""

from typing import Any

from sqlalchemy import ColumnElement, Engine, case, func, literal, select

from crawler.queue.claims import WAITING_LINK, parts
from crawler.queue.demand import awaits_run
from crawler.store.database import now
from crawler.store.models.batches import Batch, Link, Part
from crawler.store.models.runs import Run


def oldest(engine: Engine, *which: ColumnElement[bool]) -> float | None:
    """Return for how many seconds the part of a batch that waits longest could have had a run. None if none waits.
    `which` are the batches that are looked at.
    """
    with engine.connect() as connection:
        seconds = connection.execute(parts(func.max(now() - _since())).where(awaits_run(), *which)).scalar()
    return None if seconds is None else max(0.0, seconds)


def _since() -> ColumnElement[float]:
    """Since when a part could have a run: it exists, its wait and its last run are over, and one of its links is due.

    The earliest due time of its links is searched only if no link was due before all that. Most links were never tried
    and are due at once, so usually the first one answers for all.
    """
    last: Any = select(func.max(Run.finished_at)).where(Run.batch_id == Part.batch_id, Run.platform == Part.platform)
    ended = last.correlate(Part).scalar_subquery()
    free = _later(_later(Batch.created_at, Part.waiting_until), func.coalesce(ended, literal(0.0)))
    was_due = select(Link.id).where(*WAITING_LINK, Link.not_before <= free).correlate(Batch, Part).exists()
    due: Any = select(func.min(Link.not_before)).where(*WAITING_LINK).correlate(Part).scalar_subquery()
    return case((was_due, free), else_=due)


def _later(one: Any, other: Any) -> ColumnElement[float]:
    return case((one > other, one), else_=other)
