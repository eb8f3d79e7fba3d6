"""What is said of a campaign's month: its name, its numbers with their bounds, and its sums."""

from typing import Any

from control.campaigns.month_report import Report
from control.campaigns.month_totals import Sum
from control.campaigns.recognised import HUNDRED
from control.pages import frame
from control.reports.month_views import Views
from control.reports.value_at import Value
from control.web import words
from crawler.platforms import address
from crawler.spreadsheets.writing.rows import ratio


def name_of(month: str) -> str:
    """Write `2026-10` as October 2026."""
    year, _, number = month.partition("-")
    return frame.say("month.of_year", month=frame.say(f"months.m_{number}"), year=year)


def about(report: Report) -> dict[str, Any]:
    """Return what templates use of a month."""
    return {
        "report": report,
        "month_name": name_of(report.month.name),
        "name_of": name_of,
        "bounded": bounded,
        "post": lambda row: address(row.platform, row.key),
        "money": money,
        "per": per,
    }


def bounded(found: Value | Views) -> str:
    """Write a number with its bounds; without a number, what is known of it."""
    number = found.views if isinstance(found, Views) else found.value
    if number is None and found.high is None:
        return words.UNKNOWN
    basis = "at_most" if number is None else found.basis
    given = {"value": number, "low": found.low, "high": found.high}
    known = {name: words.number(frame.language(), each) for name, each in given.items()}
    if isinstance(found, Views) and basis in {"at_least", "at_most"} and number is not None:
        return frame.say(f"month.value.{basis}", **known)
    return frame.say(f"post.value.{basis}", **known)


def money(cost: int | None) -> str:
    """Write hundredths of the currency."""
    return words.decimal(frame.language(), None if cost is None else cost / HUNDRED, 2)


def per(found: Sum, views: int) -> str:
    """Write the cost of so many views."""
    cost = None if found.cost is None else views * found.cost / HUNDRED
    return words.decimal(frame.language(), ratio(cost, found.views), 2)
