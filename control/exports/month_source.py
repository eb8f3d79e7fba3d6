"""A campaign's month as the rows of a file, read page by page, with no transaction open in between."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row

from control.campaigns import campaigns, listing, month_report, month_totals, numbers, own_columns
from control.campaigns.listing import Wanted
from control.campaigns.month_report import Report
from control.campaigns.month_rows import MonthRow
from control.campaigns.month_totals import Total
from control.campaigns.numbers import Numbers
from control.campaigns.plan import Plan
from control.exports import growth
from control.times import span
from crawler.platforms import address
from crawler.spreadsheets.writing.dynamics import Series
from crawler.spreadsheets.writing.rows import At, InMonth
from crawler.spreadsheets.writing.rows import Row as Written
from crawler.store.database import snapshot
from crawler.store.models.campaigns import Placement

ROWS_AT_ONCE = 500
SERIES_AT_ONCE = 50  # each post may have thousands of readings
HUNDRED = 100
NOT_KNOWN = At(None, None, None, "none")
STATES = {True: "done", False: "created"}


@dataclass(frozen=True, slots=True)
class MonthSource:
    """A month of a campaign, as of now or as it was closed for some time. `own` are the names of its user's own
    columns, `ages` those of its plan.
    """

    user_id: str
    campaign: Row[Any]
    month: str
    own: tuple[str, ...]
    ages: tuple[float, ...]
    version: int | None = None

    @property
    def names_of_ages(self) -> list[str]:
        return [span(age) for age in self.ages]


class Read(NamedTuple):
    """What is known of a month at one moment. `rows` are by the positions of placements."""

    report: Report
    rows: Mapping[int, MonthRow]
    total: Total


def find(connection: Connection, user_id: str, public_id: str, month: str, version: int | None = None) -> MonthSource:
    """Raises NotFound, and ValueError for what is no month."""
    campaign = campaigns.find(connection, user_id, public_id)
    month_report.find(connection, user_id, campaign, month, version)
    own = tuple(own_columns.names(connection, campaign.id))
    return MonthSource(user_id, campaign, month, own, Plan.from_json(campaign.plan).ages, version)


def read(connection: Connection, source: MonthSource) -> Read:
    report = month_report.find(connection, source.user_id, source.campaign, source.month, source.version)
    rows = {row.position: row for row in month_report.rows(connection, report)}
    return Read(report, rows, month_totals.total(rows.values()))


def pages(engine: Engine, source: MonthSource, month: Mapping[int, MonthRow]) -> Iterator[list[Written]]:
    """Read all placements in the order added. Raises NotFound if the campaign is deleted meanwhile."""
    seen, posts = set[int](), dict[str, int]()
    for found in _pages(engine, source):
        seen.update(each.row.position for each in found)
        yield [_row(source, each, month.get(each.row.position), posts) for each in found]
    removed = [row for position, row in month.items() if position not in seen]
    if removed:  # placements of a closed month that are there no more
        yield [_removed(source, row) for row in removed]


def _pages(engine: Engine, source: MonthSource) -> Iterator[list[Numbers]]:
    after, more = None, True
    while more:
        with snapshot(engine) as connection:
            campaign = campaigns.find(connection, source.user_id, source.campaign.public_id)
            page = listing.read(connection, campaign, Wanted(after=after, limit=ROWS_AT_ONCE))
            found = numbers.read(connection, campaign, page.rows)
        after, more = page.next_cursor, page.next_cursor is not None
        yield found


def series(engine: Engine, source: MonthSource, read: Read) -> Iterator[Series]:
    """Read what was read of the posts in the month, in the order of placements; a post that several name once."""
    first: dict[tuple[int, str], int] = {}
    for row in read.rows.values():
        first.setdefault((row.post_id, row.access_key), row.position)
    positions = sorted(first.values())
    during = (read.report.month.begin, read.report.month.end)
    for begin in range(0, len(positions), SERIES_AT_ONCE):
        with snapshot(engine) as connection:
            ids = listing.ids(connection, source.campaign.id, positions[begin : begin + SERIES_AT_ONCE])
            found = growth.of(connection, source.user_id, Placement, ids, during)
        yield from found


def _row(source: MonthSource, found: Numbers, month: MonthRow | None, posts: dict[str, int]) -> Written:
    row = found.row
    post = address(row.platform, row.key)
    first = posts.setdefault(post, row.position) if post else row.position
    return Written(
        position=row.position,
        link=row.url,
        own=[found.own.get(name, "") for name in source.own],
        platform=row.platform,
        post=post,
        joint_post=address(row.platform, month.canonical_key) if month else None,
        duplicate_of=None if first == row.position else first,
        status="failed" if row.reason else STATES[row.views is not None],
        reason=row.reason,
        detail=row.detail,
        views=row.views,
        likes=row.likes,
        comments=row.comments,
        reposts=row.reposts,
        source=row.source,
        measured_at=row.measured_at,
        cost=None if row.cost is None else row.cost / HUNDRED,
        published_at=row.published_at,
        owner=month.wall_name if month else None,
        erids=(row.erids or "").split(),
        at=[_at(found, age) for age in source.ages],
        month=_in_month(month),
    )


def _at(found: Numbers, age: float) -> At:
    value = found.at_ages.get(age)
    return At(value.value, value.low, value.high, value.basis) if value else NOT_KNOWN


def _in_month(row: MonthRow | None) -> InMonth | None:
    if row is None:
        return None
    views = row.views
    return InMonth(row.begin.value, row.end.value, views.views, views.low, views.high, views.basis, views.flags)


def _removed(source: MonthSource, row: MonthRow) -> Written:
    return Written(
        position=row.position,
        link=row.url,
        own=[row.own.get(name, "") for name in source.own],
        platform=row.platform,
        post=address(row.platform, row.key),
        joint_post=address(row.platform, row.canonical_key),
        duplicate_of=None,
        status=STATES[False],
        reason=None,
        detail=None,
        views=None,
        likes=None,
        comments=None,
        reposts=None,
        source=None,
        measured_at=None,
        cost=None if row.cost is None else row.cost / HUNDRED,
        published_at=row.published_at,
        owner=row.wall_name,
        erids=row.erids,
        at=[NOT_KNOWN] * len(source.ages),
        month=_in_month(row),
    )
