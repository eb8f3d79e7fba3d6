"""The months of a campaign, from the one in which it was made to the present one, and who closed and reopened them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from control.campaigns import month_report, report_totals
from control.campaigns.ledger import REOPENED
from control.campaigns.month_totals import Total
from control.campaigns.months import Month
from crawler.store.database import read_clock
from crawler.store.models.months import ClosedMonth, Reopening


class MonthState(StrEnum):
    """Where a month stands."""

    UNFINISHED = "unfinished"  # it goes on
    OPEN = "open"  # it is over, and nobody has closed it
    CLOSED = "closed"
    REOPENED = "reopened"  # it was closed, and is as of now again


class Closing(NamedTuple):
    """Somebody closed the month; and perhaps reopened it. Times are seconds since 1970."""

    version: int
    closed_at: float
    closed_by: str
    reopened_at: float | None
    reopened_by: str | None
    reason: str | None
    total: Total | None


class Listed(NamedTuple):
    month: Month
    state: MonthState
    closings: list[Closing]

    @property
    def total(self) -> Total | None:
        """Return the sum of a month that is closed, where it is stored."""
        return self.closings[-1].total if self.state == MonthState.CLOSED else None


def read(connection: Connection, campaign: Row[Any]) -> list[Listed]:
    """Return them in their order, from the first one that somebody closed if that is earlier."""
    closings, now = _closings(connection, campaign.id), read_clock(connection)
    made = datetime.fromtimestamp(campaign.created_at, ZoneInfo(campaign.time_zone)).strftime("%Y-%m")
    first = min([made, *(each.month for each in closings)])
    return [_listed(closings, month, now) for month in _through(closings, first, campaign.time_zone, now)]


def find(connection: Connection, campaign: Row[Any], name: str) -> Listed:
    """Return one of them, or any other month."""
    closings, now = _closings(connection, campaign.id), read_clock(connection)
    return _listed(closings, month_report.calendar(_standing(closings), name, campaign.time_zone), now)


def _closings(connection: Connection, campaign_id: int) -> Sequence[Row[Any]]:
    columns = (Reopening.reopened_at, Reopening.reopened_by, Reopening.reason)
    closed = select(ClosedMonth.__table__, *columns).outerjoin(Reopening, REOPENED)
    mine = closed.where(ClosedMonth.campaign_id == campaign_id)
    return connection.execute(mine.order_by(ClosedMonth.number)).all()


def _standing(closings: Sequence[Row[Any]]) -> list[Row[Any]]:
    return [each for each in closings if each.reopened_at is None]


def _through(closings: Sequence[Row[Any]], name: str, zone: str, now: float) -> Iterator[Month]:
    month = month_report.calendar(_standing(closings), name, zone)
    while month.begin <= now:
        yield month
        month = month_report.calendar(_standing(closings), month.after, zone)


def _listed(closings: Sequence[Row[Any]], month: Month, now: float) -> Listed:
    mine = [each for each in closings if each.month == month.name]
    return Listed(month, _state(mine, month, now), [_closing(each) for each in mine])


def _state(closings: Sequence[Row[Any]], month: Month, now: float) -> MonthState:
    if closings:
        return MonthState.CLOSED if _standing(closings) else MonthState.REOPENED
    return MonthState.OPEN if now >= month.end else MonthState.UNFINISHED


def _closing(row: Row[Any]) -> Closing:
    told = {name: getattr(row, name) for name in Closing._fields}
    return Closing(**told | {"total": report_totals.of_closed(row)})
