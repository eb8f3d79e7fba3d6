"""The placements of a campaign in a month: what each post's counter showed at both ends, and what it gained between."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, select

from control.batches.link_rows import ITS_WALL
from control.campaigns import ledger, own_columns
from control.campaigns.ledger import NOTHING, Settled
from control.campaigns.months import Month
from control.campaigns.next_points import Key
from control.reports import month_views, values
from control.reports.history import FOREVER
from control.reports.month_views import Start, Views
from control.reports.value_at import Value
from control.reports.values import Question
from crawler.store.models.campaigns import FollowedPost, Following, Placement, PointKind
from crawler.store.models.posts import Post, Wall

ROWS_AT_ONCE = 1_000


class MonthRow(NamedTuple):
    """A placement in a month, as it is now, or as it was when the month was closed."""

    position: int
    url: str
    platform: str
    post_id: int
    key: str  # of its post
    canonical_key: str | None  # of the post that this one is an alias of
    access_key: str
    owner: int | None  # of the wall
    wall_name: str | None
    blogger: str | None
    date: str | None  # of publication, as the user says
    cost: int | None  # in hundredths
    erid: str | None
    erids: tuple[str, ...]  # that stand at the post
    own: Mapping[str, str]  # the user's own columns, by name
    published_at: float | None
    gone_at: float | None  # when the platform first said, in the month or before, that the post is not there
    baseline: int | None  # what the month's views are counted from
    begin: Value
    end: Value
    views: Views
    begin_number: int | None = None  # the closing that stored the value at the beginning; none: nobody has
    reported: int | None = None  # by the months up to the end of this one, altogether

    @property
    def marked_by(self) -> str | None:
        """Return its erid: as the user gave it, or the only one that stands at the post."""
        return self.erid or (self.erids[0] if len(self.erids) == 1 else None)


class Page(NamedTuple):
    rows: list[MonthRow]
    next_cursor: int | None  # a position


class Asked(NamedTuple):
    """A month that is not closed, as of now, and the months of its campaign that are, in their order."""

    user_id: str
    campaign_id: int
    month: Month
    closed: Sequence[Row[Any]]
    now: float

    @property
    def end(self) -> float:
        return min(self.month.end, self.now)


def page(connection: Connection, asked: Asked, after: int | None, limit: int) -> Page:
    """Find the views of some placements; of a month that goes on, up to now."""
    found = connection.execute(_placements(asked.campaign_id, after).limit(limit + 1)).all()
    rows = _read(connection, asked, found[:limit])
    return Page(rows, found[limit - 1].position if len(found) > limit else None)


def _placements(campaign_id: int, after: int | None) -> Select[*tuple[Any, ...]]:
    said = (Post.key, Post.canonical_key, Post.owner, Post.erids, Post.published_at, Wall.name.label("wall_name"))
    followed = and_(FollowedPost.post_id == Placement.post_id, FollowedPost.access_key == Placement.access_key)
    rows = (
        select(Placement, *said, _gone_at().label("gone_at"))
        .join(Post, Post.id == Placement.post_id)
        .outerjoin(Wall, ITS_WALL)
        .outerjoin(FollowedPost, followed)
        .where(Placement.campaign_id == campaign_id)
    )
    return (rows if after is None else rows.where(Placement.position > after)).order_by(Placement.position)


def _gone_at() -> ColumnElement[float | None]:
    """When the platform first said that the post is not there, while the placement followed it: the rest is others'."""
    mine = (Following.placement_id == Placement.id, func.coalesce(Following.until, FOREVER) > FollowedPost.missing_at)
    since = select(func.min(Following.since)).where(*mine).correlate(Placement, FollowedPost).scalar_subquery()
    later = case((since > FollowedPost.missing_at, since), (since.is_not(None), FollowedPost.missing_at))
    return case((func.coalesce(FollowedPost.kind, "") != PointKind.FIRST, later))


def _read(connection: Connection, asked: Asked, placements: Sequence[Row[Any]]) -> list[MonthRow]:
    keys = [Key(row.post_id, row.access_key) for row in placements]
    settled = ledger.settled(connection, asked.closed, keys, asked.month.begin)
    before = [settled.get(key, NOTHING) for key in keys]
    ends = [Question(row.id, row.published_at, asked.end) for row in placements]
    begins = [each._replace(moment=asked.month.begin) for each in ends]
    bare = [each for each, known in zip(begins, before, strict=True) if known.value is None]
    found = values.ask(connection, asked.user_id, ends + bare, Placement)
    measured = iter(found[len(ends) :])
    begun = [each.value or next(measured) for each in before]
    own = own_columns.cells(connection, asked.campaign_id, [row.id for row in placements])
    owns = [own.get(row.id, {}) for row in placements]
    rows = zip(placements, owns, before, begun, found[: len(ends)], strict=True)
    return [_row(asked, *each) for each in rows]


def _row(  # noqa: PLR0913, PLR0917 - each is another part of the row
    asked: Asked, placement: Row[Any], own: Mapping[str, str], settled: Settled, begin: Value, end: Value
) -> MonthRow:
    since = month_views.start(begin, settled.reported, placement.baseline)
    gone = placement.gone_at is not None and placement.gone_at < asked.end
    return MonthRow(
        position=placement.position,
        url=placement.url,
        platform=placement.platform,
        post_id=placement.post_id,
        key=placement.key,
        canonical_key=placement.canonical_key,
        access_key=placement.access_key,
        owner=placement.owner,
        wall_name=placement.wall_name,
        blogger=placement.blogger,
        date=placement.date,
        cost=placement.cost,
        erid=placement.erid,
        erids=tuple(placement.erids.split()),
        own=own,
        published_at=placement.published_at,
        gone_at=placement.gone_at if gone else None,
        baseline=since.value,
        begin=begin,
        end=end,
        views=_views(asked, placement, since, end),
        begin_number=settled.number if settled.value else None,
        reported=month_views.reported_by(since, end),
    )


def _views(asked: Asked, placement: Row[Any], since: Start, end: Value) -> Views:
    month = asked.month
    if asked.now < month.begin:
        return month_views.NOT_BEGUN
    if placement.published_at is not None and placement.published_at >= month.end and not end.value:
        return month_views.NOT_YET
    return month_views.between(since, end, unfinished=asked.now < month.end)
