"""What is said of a campaign's placements: values shortly, costs, and why something is not there."""

from typing import Any

from sqlalchemy import Row

from control.campaigns.missed import Missed
from control.campaigns.next_points import TOO_LATE
from control.campaigns.plan import Due, Plan
from control.campaigns.recognised import HUNDRED
from control.pages import frame
from control.reports.value_at import Value
from control.web import words
from crawler.platforms import address
from crawler.platforms.advice import advice, sentence
from crawler.spreadsheets.writing.rows import ratio
from crawler.store.models.campaigns import PointKind


def about(campaign: Row[Any]) -> dict[str, Any]:
    """Return what templates use of the placements of a campaign."""
    language: Any = frame.language()
    return {
        "ages": Plan.from_json(campaign.plan).ages,
        "short": short,
        "cost": cost,
        "cpv": lambda row: words.decimal(language, _per_view(row), 2),
        "er": lambda row: words.decimal(language, _per_cent(row), 2),
        "post": lambda row: address(row.platform, row.key),
        "advice": lambda row: advice(row.platform, row.reason, row.detail, language),
        "next_of": next_of,
        "why": why,
    }


def cost(row: Row[Any]) -> str:
    """Write the cost, without hundredths where there are none."""
    whole = row.cost is None or row.cost % HUNDRED == 0
    return words.decimal(frame.language(), None if row.cost is None else row.cost / HUNDRED, 0 if whole else 2)


def short(value: Value | None) -> str:
    """Write a value with a sign that says what it rests on."""
    if value is None:
        return words.UNKNOWN
    given = {"value": value.value, "low": value.low, "high": value.high}
    known = {name: words.number(frame.language(), number) for name, number in given.items()}
    return frame.say(f"followed.short.{value.basis}", **known)


def next_of(due: Due) -> str:
    """Say when a post is measured next, and for what."""
    return frame.say(f"followed.next.{due.kind}", when=frame.context()["moment"](due.at))


def why(missed: Missed) -> str:
    """Say which point brought no number, and why."""
    language: Any = frame.language()
    reason = frame.say("followed.too_late") if missed.reason == TOO_LATE else sentence(missed.reason, language)
    return frame.say("followed.missed", what=_what(missed), why=reason)


def _what(missed: Missed) -> str:
    if missed.kind == PointKind.AGE and missed.age is not None:
        return words.span(frame.language(), missed.age)
    return frame.say(f"followed.kinds.{missed.kind}")


def _per_view(row: Row[Any]) -> float | None:
    return ratio(None if row.cost is None else row.cost / HUNDRED, row.views)


def _per_cent(row: Row[Any]) -> float | None:
    """Return the share of reactions in views."""
    counts = (row.likes, row.comments, row.reposts)
    return ratio(None if None in counts else 100 * sum(counts), row.views)
