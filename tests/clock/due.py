"""When the next thing is due that a system has written down, and whether something is under way."""

from sqlalchemy import ColumnElement, Engine, exists, func, literal, or_, select, union_all

from crawler.store.models.accounts import ApiToken, Attempts, Login
from crawler.store.models.batches import Batch, Link, Part, Status
from crawler.store.models.campaigns import Campaign, FollowedPost, Following, Placement, Point
from crawler.store.models.exports import Export
from crawler.store.models.imports import Import
from crawler.store.models.runs import Budget, Run

OPEN = Batch.closed_at.is_(None)
OF_OPEN = exists().where(Batch.id == Part.batch_id, OPEN)
DUE: list[tuple[ColumnElement[float], ColumnElement[bool]]] = [  # a column, and which of its rows still wait for it
    (Run.lease_until, Run.finished_at.is_(None)),
    (Batch.deadline_at, OPEN),
    (Part.waiting_until, OF_OPEN),
    (Link.not_before, Link.status == Status.CREATED),
    *((column, column.is_not(None)) for column in (Login.expires_at, ApiToken.expires_at, Attempts.until)),
    *((column, column.is_not(None)) for column in (Export.expires_at, Export.lease_until, Import.expires_at)),
    *((column, column.is_not(None)) for column in (Budget.paused_until, Budget.next_at)),
    *((column, column.is_not(None)) for column in (Campaign.ends_at, Campaign.month_ends_at)),
    *((column, column.is_not(None)) for column in (Placement.ends_at, Following.until)),
    (FollowedPost.late_at, FollowedPost.due_at.is_not(None)),  # from an earlier moment on it may be taken, or not
]


def next_due(engine: Engine, now: float) -> float | None:
    """Return the first moment after `now` that something waits for."""
    parts = (select(func.min(column).label("at")).where(column > now, waiting) for column, waiting in DUE)
    with engine.connect() as connection:
        return connection.execute(select(func.min(union_all(*parts).subquery().c.at))).scalar()


def is_under_way(engine: Engine, now: float) -> bool:
    """Whether a run has not ended, links wait for one, a batch is not closed, or a point is due or not settled."""
    waits = exists().where(Link.status.in_((Status.CREATED, Status.IN_PROGRESS)))
    runs = exists().where(Run.finished_at.is_(None))
    points = exists().where(FollowedPost.due_at.is_not(None), FollowedPost.late_at <= literal(now))
    open_ = (exists().where(OPEN), exists().where(Point.settled_at.is_(None)))
    with engine.connect() as connection:
        return bool(connection.execute(select(or_(runs, waits, points, *open_))).scalar())
