"""A campaign's placements in a calendar month of its time zone, with the views that each gained in it."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from control.campaigns.plan import next_month
from control.reports import month_views, values
from control.reports.month_views import Views
from control.reports.value_at import Value
from control.reports.values import Question
from crawler.store.database import read_clock
from crawler.store.models.campaigns import Placement

FORM = "20[0-9]{2}-(0[1-9]|1[0-2])"


class Month(NamedTuple):
    """From one midnight to before another: seconds since 1970."""

    begin: float
    end: float

    @classmethod
    def named(cls, text: str, zone: str) -> Self:
        """Return `2026-10` as the zone has it. Raises ValueError."""
        if not re.fullmatch(FORM, text):
            raise ValueError("must be a month such as 2026-10")
        begin = datetime.strptime(text, "%Y-%m").replace(tzinfo=ZoneInfo(zone)).timestamp()
        return cls(begin, next_month(begin, ZoneInfo(zone)))


class MonthRow(NamedTuple):
    """A placement, the values of its post's counter at both ends of the month, and what it gained between."""

    placement: Row[Any]
    begin: Value
    end: Value
    views: Views


def read(connection: Connection, user_id: str, month: Month, rows: Sequence[Row[Any]]) -> list[MonthRow]:
    """Find the views of these placements; of a month that is not over, up to now."""
    now = read_clock(connection)
    followed = [row for row in rows if row.post_id is not None]
    ends = (month.begin, min(month.end, now))
    asked = [Question(row.id, row.published_at, at) for row in followed for at in ends]
    found = values.ask(connection, user_id, asked, Placement)
    return [
        MonthRow(row, begin, end, _views(row, begin, end, month, now))
        for row, begin, end in zip(followed, found[::2], found[1::2], strict=True)
    ]


def _views(row: Row[Any], begin: Value, end: Value, month: Month, now: float) -> Views:
    if now < month.begin:
        return month_views.NOT_BEGUN
    if row.published_at is not None and row.published_at >= month.end and not end.value:
        return month_views.NOT_YET
    return month_views.between(begin, end, unfinished=now < month.end)
