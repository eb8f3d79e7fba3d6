"""The placements of a campaign's month, as the forms of registers take them."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from control.campaigns.month_report import Report
from control.campaigns.month_rows import MonthRow
from control.reports.forms.line import Line
from crawler.platforms import wall


def lines(report: Report, rows: Iterable[MonthRow]) -> list[Line]:
    return [_line(report, row) for row in rows]


def _line(report: Report, row: MonthRow) -> Line:
    first, last = _days(report, row)
    return Line(
        position=row.position,
        post=f"{row.platform}:{row.canonical_key or row.key}",
        wall=wall(row.platform, row.key),
        shows=row.views.views,
        first=first,
        last=last,
        erid=row.erid,
        erids=row.erids,
        basis=row.views.basis,
        flags=row.views.flags,
        own=row.own,
    )


def _days(report: Report, row: MonthRow) -> tuple[date, date]:
    """Return the first and the last day of the month on which the post was there, by the campaign's time zone."""
    zone, month = ZoneInfo(report.time_zone), report.month
    begin = max(row.published_at or month.begin, month.begin)
    end = min(month.end, report.asked.now, row.gone_at or month.end) - 1
    return datetime.fromtimestamp(begin, zone).date(), datetime.fromtimestamp(max(begin, end), zone).date()
