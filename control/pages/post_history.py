"""The curve and the readings of a post, as its page under a check or a campaign shows them."""

import re
from collections.abc import Sequence
from typing import Any

from flask import request
from sqlalchemy import Connection

from control.pages import chart, frame
from control.pages.chart import Chart, Point
from control.reports import ages as at_ages
from control.reports import flags, latest
from control.reports.buckets import Pair
from control.reports.history import Place, Subject

IN_THE_CHART = 1000  # readings
ON_A_PAGE = 100
CURSOR = "([0-9]{1,12}[.][0-9]{1,9})_([0-9]{1,18})"


def nothing() -> dict[str, Any]:
    """Return what is shown of a link that names no post."""
    return {"subject": None, "ages": [], "readings": [], "older": None, "first": True, "chart": None}


def read(connection: Connection, subject: Subject, ages: Sequence[float]) -> dict[str, Any]:
    """Read the page of readings that is asked for, the newest ones for the chart, and the values at these ages."""
    newest, older = latest.read(connection, subject, None, IN_THE_CHART)
    before = _place(request.args.get("before", ""))
    shown = latest.read(connection, subject, before, ON_A_PAGE) if before else _first(newest, older)
    return _history(newest, shown) | {"ages": at_ages.ask(connection, subject, ages), "subject": subject}


def _first(newest: list[Pair], older: Place | None) -> tuple[list[Pair], Place | None]:
    """Take the first page of the table out of what the chart shows."""
    if len(newest) <= ON_A_PAGE:
        return newest, older
    last = newest[ON_A_PAGE - 1][0]
    return newest[:ON_A_PAGE], Place(last.measured_at, last.id)


def _history(newest: list[Pair], shown: tuple[list[Pair], Place | None]) -> dict[str, Any]:
    readings, older = shown
    return {
        "readings": [(row, before, flags.of_reading(row, before)) for row, before in readings],
        "older": f"{older.measured_at:.6f}_{older.id}" if older else None,
        "first": "before" not in request.args,
        "chart": _chart(newest),
        "in_chart": len(newest),
        "first_views": newest[-1][0].views if newest else None,
        "last_views": newest[0][0].views if newest else None,
    }


def _chart(newest: Sequence[Pair]) -> Chart | None:
    """Draw two readings or more: one is no curve."""
    if len(newest) < 2:
        return None
    pairs = reversed(newest)
    points = [Point(row.measured_at, row.views, bool(flags.of_reading(row, before))) for row, before in pairs]
    return chart.draw(points, frame.time_zone())


def _place(text: str) -> Place | None:
    found = re.fullmatch(CURSOR, text)
    return Place(float(found[1]), int(found[2])) if found else None
