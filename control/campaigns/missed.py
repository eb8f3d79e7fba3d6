"""Points of a campaign's plan that brought no number, and why."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, and_, exists, func, select

from control.campaigns.plan import MONTH_END_SECONDS, Plan, next_month
from control.reports.history import FOREVER
from crawler.store import bulk_parameters
from crawler.store.models.campaigns import Following, Placement, Point, PointKind
from crawler.store.models.posts import Post

ROWS_AT_ONCE = 500
THEIRS = and_(Point.post_id == Placement.post_id, Point.access_key == Placement.access_key)


class Missed(NamedTuple):
    """`age` is that of the post, where the point was for one. `reason` says why; one of a link's, or `too_late`."""

    kind: PointKind
    due_at: float
    age: float | None
    reason: str


class OfPlacement(NamedTuple):
    """A placement with its points."""

    row: Row[Any]
    points: list[Missed]


class Page(NamedTuple):
    placements: list[OfPlacement]
    next_cursor: int | None  # a position


def read(connection: Connection, campaign: Row[Any], placement_ids: Sequence[int]) -> dict[int, list[Missed]]:
    """Return them by placement, oldest first. Points that only other people's plans asked for are left out."""
    dialect, plan, zone = connection.dialect.name, Plan.from_json(campaign.plan), ZoneInfo(campaign.time_zone)
    statement = _points().where(Placement.id.in_(bulk_parameters.ids(dialect)))
    found = defaultdict[int, list[Missed]](list)
    for row in connection.execute(statement, bulk_parameters.parameters(dialect, id=placement_ids)):
        age = _age(plan, row) if row.kind == PointKind.AGE else None
        if age is not None or (plan.month_ends and _is_of_month(row.kind, row.due_at, zone)):
            found[row.id].append(Missed(PointKind(row.kind), row.due_at, age, row.reason))
    return found


def page(connection: Connection, campaign: Row[Any], after: int | None, limit: int) -> Page:
    """Read them of all placements, in the order in which these were added."""
    found, more = list[OfPlacement](), True
    while more and len(found) <= limit:
        rows = connection.execute(_concerned(campaign.id, after).limit(ROWS_AT_ONCE)).all()
        lost = read(connection, campaign, [row.id for row in rows])
        found += [OfPlacement(row, lost[row.id]) for row in rows if row.id in lost]
        after, more = rows[-1].position if rows else None, len(rows) == ROWS_AT_ONCE
    return Page(found[:limit], found[limit - 1].row.position if len(found) > limit else None)


def _concerned(campaign_id: int, after: int | None) -> Any:
    """Select placements of whose posts a point brought no number, whoever it was for."""
    lost = exists().where(THEIRS, Point.reason.is_not(None), Point.settled_at.is_not(None))
    rows = select(Placement.__table__, Post.key).join(Post, Post.id == Placement.post_id)
    rows = rows.where(Placement.campaign_id == campaign_id, lost).order_by(Placement.position)
    return rows if after is None else rows.where(Placement.position > after)


def _points() -> Any:
    meanwhile = (Following.since <= Point.due_at, func.coalesce(Following.until, FOREVER) > Point.due_at)
    columns = (Placement.id, Point.kind, Point.due_at, Point.reason, Post.published_at)
    return (
        select(*columns)
        .join(Following, Following.placement_id == Placement.id)
        .join(Post, Post.id == Placement.post_id)
        .join(Point, and_(THEIRS, *meanwhile))
        .where(Point.reason.is_not(None), Point.settled_at.is_not(None))
        .order_by(Point.due_at)
    )


def _age(plan: Plan, row: Row[Any]) -> float | None:
    """Return the age of the plan that the point was for."""
    if row.published_at is None:
        return None
    return next((age for age in plan.ages if abs(row.published_at + age - row.due_at) < 1), None)


def _is_of_month(kind: str, due_at: float, zone: ZoneInfo) -> bool:
    """Whether it was for the end of a month as this zone has it."""
    if kind == PointKind.MONTH_BEGIN:
        return abs(next_month(due_at - 1, zone) - due_at) < 1
    return kind == PointKind.MONTH_END and next_month(due_at, zone) - due_at <= MONTH_END_SECONDS
