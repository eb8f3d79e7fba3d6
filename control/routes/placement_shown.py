"""A placement as it is shown: its own fields, its last numbers, and those at the plan's ages."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from sqlalchemy import Connection, Row

from control.campaigns import missed, numbers
from control.campaigns.listing import PlacementState
from control.campaigns.missed import Missed
from control.campaigns.numbers import Growth, Numbers
from control.campaigns.recognised import HUNDRED
from control.reports.value_at import Basis
from control.routes.posts import ValueShown, show_value
from control.times import moment, span
from control.web.openapi import Shape
from crawler.platforms import address
from crawler.platforms.advice import advice
from crawler.reasons import Reason
from crawler.spreadsheets.writing.rows import ratio
from crawler.store.models.campaigns import PointKind

REASONS = {str(reason): reason for reason in Reason}


class GrowthShown(Shape):
    """Views gained from the moment `since`, a day before the last reading, until that reading."""

    since: str
    views: int
    low: int | None = Field(description="At least so many, by the readings around `since`.")
    high: int | None
    basis: Basis = Field(description="What the count at `since` rests on.")


class MissedPoint(Shape):
    kind: PointKind
    age: str | None = Field(description="Of the post, such as `24h`, where the point was for one.")
    due_at: str
    reason: str = Field(description="A reason as of links, or `too_late`: nothing ran while it could be taken.")


class PlacementShown(Shape):
    position: int = Field(description="In the campaign, from 0, in the order added; it stays what it is.")
    link: str
    post: str | None = Field(description="The address of the post it names.")
    platform: str
    reason: Reason | None = Field(description="Why it cannot be followed.")
    advice: str | None
    blogger: str | None
    date: str | None = Field(description="Of publication, as you say; `published_at` is what the platform says.")
    cost: float | None
    erid: str | None
    baseline: int | None = Field(description="Views that were reported before its first month here, as you say.")
    row: int | None = Field(description="Of the file that it came in, from 1.")
    own: dict[str, str] = Field(description="Your own columns, by name, in their order.")
    state: PlacementState = Field(
        description="`rejected`: it names no post that could be followed. `paused`. `ended`: by its own end, the "
        "campaign's, or the age up to which the plan follows. `missing`: the platform says that the post is not there."
    )
    paused: bool
    added_at: str
    ends_at: str | None
    published_at: str | None
    erids: list[str] = Field(description="Tokens of advertising law that stand at the post.")
    views: int | None = Field(description="Of the last reading, as are the next ones.")
    likes: int | None
    comments: int | None
    reposts: int | None
    measured_at: str | None
    source: str | None
    er_by_views: float | None = Field(description="(likes + comments + reposts) / views.")
    cpv: float | None = Field(description="Cost of a view.")
    cpm: float | None = Field(description="Cost of a thousand views.")
    growth: GrowthShown | None = Field(description="Of the day before the last reading; null where that is not known.")
    views_at: dict[str, ValueShown] = Field(description="By the ages of the campaign's plan that the post has reached.")
    next_at: str | None = Field(description="When its post is measured next for this campaign.")
    next_kind: PointKind | None
    missing_since: str | None = Field(description="Since when the platform says that the post is not there.")
    missed: list[MissedPoint] = Field(description="Points of the campaign's plan that brought no number, oldest first.")


def show_all(connection: Connection, campaign: Row[Any], rows: list[Row[Any]]) -> list[PlacementShown]:
    """Show placements of the caller's with their numbers."""
    lost = missed.read(connection, campaign, [row.id for row in rows])
    return [_show(each, lost.get(each.row.id, [])) for each in numbers.read(connection, campaign, rows)]


def _show(found: Numbers, lost: Sequence[Missed]) -> PlacementShown:
    row, due = found.row, found.due
    cost = None if row.cost is None else row.cost / HUNDRED
    reason = REASONS.get(row.reason)
    return PlacementShown(
        position=row.position,
        link=row.url,
        post=address(row.platform, row.key),
        platform=row.platform,
        reason=reason,
        advice=advice(row.platform, reason, row.detail) if reason else None,
        blogger=row.blogger,
        date=row.date,
        cost=cost,
        erid=row.erid,
        baseline=row.baseline,
        row=row.row_number,
        own=found.own,
        state=PlacementState(row.state),
        paused=row.paused_at is not None,
        added_at=moment(row.added_at),
        ends_at=moment(row.ends_at),
        published_at=moment(row.published_at),
        erids=(row.erids or "").split(),
        views=row.views,
        likes=row.likes,
        comments=row.comments,
        reposts=row.reposts,
        measured_at=moment(row.measured_at),
        source=row.source,
        er_by_views=ratio(_reactions(row), row.views),
        cpv=ratio(cost, row.views),
        cpm=ratio(None if cost is None else 1000 * cost, row.views),
        growth=_growth(found.growth),
        views_at={span(age): show_value(row.published_at + age, value) for age, value in found.at_ages.items()},
        next_at=moment(due.at) if due else None,
        next_kind=due.kind if due else None,
        missing_since=_missing_since(row),
        missed=[show_missed(each) for each in lost],
    )


def show_missed(found: Missed) -> MissedPoint:
    age = None if found.age is None else span(found.age)
    return MissedPoint(kind=found.kind, age=age, due_at=moment(found.due_at), reason=found.reason)


def _missing_since(row: Row[Any]) -> str | None:
    """Tell it from when on the placement follows the post: what was before, others have found."""
    if row.missing_at is None or row.since is None or row.state != PlacementState.MISSING:
        return None
    return moment(float(max(row.missing_at, row.since)))


def _growth(growth: Growth | None) -> GrowthShown | None:
    return GrowthShown(**growth._asdict() | {"since": moment(growth.since)}) if growth else None


def _reactions(row: Row[Any]) -> int | None:
    counts = (row.likes, row.comments, row.reposts)
    return None if None in counts else sum(counts)
