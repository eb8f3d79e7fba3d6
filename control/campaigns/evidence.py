"""What the number of one placement's month rests on: the readings on both sides of each of its ends."""

import re
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from control.campaigns import campaigns, month_report
from control.campaigns.month_report import Report
from control.campaigns.month_rows import MonthRow
from control.campaigns.months import FORM
from control.errors import NotFound
from control.reports.value_at import Value


class End(NamedTuple):
    """An end of the month: the value of the counter then. A month that goes on ends now."""

    at: float
    value: Value


class Evidence(NamedTuple):
    campaign: Row[Any]
    report: Report
    row: MonthRow
    ends: tuple[End, End]


def find(  # noqa: PLR0913, PLR0917 - each says which
    connection: Connection, user_id: str, public_id: str, month: str, position: int, version: int | None = None
) -> Evidence:
    """Raises NotFound."""
    if not re.fullmatch(FORM, month):
        raise NotFound("There is no such month.")
    campaign = campaigns.find(connection, user_id, public_id)
    report = month_report.find(connection, user_id, campaign, month, version)
    found = month_report.page(connection, report, position - 1, 1).rows
    if not found or found[0].position != position:
        raise NotFound("This month has no such placement, or it names no post.")
    row, last = found[0], min(report.month.end, report.asked.now)
    return Evidence(campaign, report, row, (End(report.month.begin, row.begin), End(last, row.end)))
