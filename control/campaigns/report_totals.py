"""The sum of a month's report: that of a closed month was stored with it, and any other is added up."""

import json
from collections import Counter
from typing import Any

from sqlalchemy import Connection, Row

from control.campaigns import month_report, month_totals
from control.campaigns.month_report import Report
from control.campaigns.month_totals import Sum, Total
from control.reports.month_views import MonthFlag
from control.reports.value_at import Basis


def of(connection: Connection, report: Report) -> Total:
    stored = None if report.closed is None else of_closed(report.closed)
    return stored or month_totals.total(month_report.rows(connection, report))


def of_closed(closed: Row[Any]) -> Total | None:
    """Return what was stored with a closed month; None: it was closed before sums were."""
    return read(closed.total) if closed.total else None


def write(total: Total) -> str:
    return json.dumps({"sum": total.sum._asdict(), "flags": total.flags})


def read(text: str) -> Total:
    stored = json.loads(text)
    sum_ = Sum(**stored["sum"] | {"basis": Basis(stored["sum"]["basis"])})
    return Total(sum_, Counter({MonthFlag(flag): count for flag, count in stored["flags"].items()}))
