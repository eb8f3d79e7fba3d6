"""The report of a campaign's month: one that is closed answers from its copies, and any other one from what is known
now.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from control.campaigns import closed_rows, ledger, month_rows
from control.campaigns.month_rows import ROWS_AT_ONCE, Asked, MonthRow, Page
from control.campaigns.months import Month
from control.errors import NotFound
from crawler.store.database import read_clock
from crawler.store.models.campaigns import Placement


class Report(NamedTuple):
    """A month of a campaign. `closed` is the closing that is shown; none: as of now."""

    campaign: Row[Any]
    asked: Asked
    closed: Row[Any] | None

    @property
    def time_zone(self) -> str:
        return str((self.closed or self.campaign).time_zone)

    @property
    def currency(self) -> str:
        return str((self.closed or self.campaign).currency)

    @property
    def month(self) -> Month:
        return self.asked.month

    @property
    def finished(self) -> bool:
        return self.asked.now >= self.month.end


def find(connection: Connection, user_id: str, campaign: Row[Any], name: str, version: int | None = None) -> Report:
    """Return the report of `2026-10`, from its copies if it is closed; or as it was closed for this time. Raises
    NotFound.
    """
    if version is not None:
        return _find_version(connection, user_id, campaign, name, version)
    closed = ledger.standing(connection, campaign.id)
    month = calendar(closed, name, campaign.time_zone)
    asked = Asked(user_id, campaign.id, month, closed, read_clock(connection))
    this = next((each for each in closed if each.month == name), None)
    return Report(campaign, asked, this)


def _find_version(connection: Connection, user_id: str, campaign: Row[Any], name: str, version: int) -> Report:
    """Return the report of a month as it was closed for this time, also if it was reopened since. Raises NotFound."""
    closed = ledger.closing(connection, campaign.id, name, version)
    if closed is None:
        raise NotFound("This month was not closed so often.")
    return Report(campaign, Asked(user_id, campaign.id, _copied(closed), [], read_clock(connection)), closed)


def calendar(closed: Sequence[Row[Any]], name: str, zone: str) -> Month:
    """Return a month: as it was closed, or as the zone has it. It begins where the one before was closed, whatever the
    campaign's zone is now. `closed` are the months that stand.
    """
    this = next((each for each in closed if each.month == name), None)
    if this is not None:
        return _copied(this)
    month = Month.named(name, zone)
    before = next((each for each in closed if each.month == month.before), None)
    return month if before is None else month._replace(begin=before.ends_at)


def _copied(closed: Row[Any]) -> Month:
    return Month(closed.month, closed.begins_at, closed.ends_at)


def page(connection: Connection, report: Report, after: int | None, limit: int) -> Page:
    """Read some rows in the order in which the placements were added."""
    if report.closed is not None:
        return closed_rows.page(connection, report.closed, after, limit)
    return month_rows.page(connection, report.asked, after, limit)


def slices(
    connection: Connection, report: Report, after: int | None = None, at_once: int = ROWS_AT_ONCE
) -> Iterator[list[MonthRow]]:
    """Read all rows, or those after a position, some at a time."""
    while found := page(connection, report, after, at_once):
        if found.rows:
            yield found.rows
        after = found.next_cursor
        if after is None:
            return


def rows(connection: Connection, report: Report, after: int | None = None) -> Iterator[MonthRow]:
    return chain.from_iterable(slices(connection, report, after))


def unmeasured(connection: Connection, report: Report, after: int | None, limit: int) -> Page:
    """Read some of the rows that have no number."""
    bare = (row for row in rows(connection, report, after) if row.views.views is None)
    found = list(islice(bare, limit + 1))
    return Page(found[:limit], found[limit - 1].position if len(found) > limit else None)


def without_post(connection: Connection, report: Report) -> int:
    """Count the placements whose links name no post."""
    if report.closed is not None:
        return int(report.closed.without_post)
    bare = (Placement.campaign_id == report.asked.campaign_id, Placement.post_id.is_(None))
    return connection.execute(select(func.count()).select_from(Placement).where(*bare)).scalar_one()
