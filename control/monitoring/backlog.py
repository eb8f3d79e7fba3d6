"""How long links have waited that could be worked on."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, bindparam, case, func, literal, select

from crawler.queue.demand import awaits_run, ready
from crawler.queue.line import WAITING_LINK, first_due, later
from crawler.store.database import now, reading
from crawler.store.models.batches import Batch, Link, Part
from crawler.store.models.runs import Run

MOST_LOOKED_AT = 20  # of a user's parts, or of all, those that are ready longest


def oldest(engine: Engine, user_id: str | None = None) -> float | None:
    """Return for how many seconds the part of a batch that waits longest could have had a run. None if none waits.
    With a `user_id` only this user's batches are looked at.
    """
    with reading(engine) as connection:
        seconds = connection.execute(_oldest(of_user=user_id is not None), {"user": user_id}).scalar()
    return None if seconds is None else max(0.0, seconds)


@cache
def _oldest(*, of_user: bool) -> Select[float]:
    which, order = ((Part.user_id == bindparam("user"),), Part.served_at) if of_user else ((), Part.ready_since)
    waiting = ready(since().label("since")).where(awaits_run(), *which).order_by(order).limit(MOST_LOOKED_AT).subquery()
    return select(now() - func.min(waiting.c.since))


def since() -> ColumnElement[float]:
    """Since when a part could have a run: it exists, its wait and its last run are over, and one of its links is due.

    The earliest due time of its links is searched only if no link was due before all that. Most links were never tried
    and are due at once, so usually the first one answers for all.
    """
    last: Any = select(func.max(Run.finished_at)).where(Run.batch_id == Part.batch_id, Run.platform == Part.platform)
    ended = last.correlate(Part).scalar_subquery()
    free = later(later(Batch.created_at, Part.waiting_until), func.coalesce(ended, literal(0.0)))
    was_due = select(Link.id).where(*WAITING_LINK, Link.not_before <= free).correlate(Batch, Part).exists()
    return case((was_due, free), else_=first_due())
