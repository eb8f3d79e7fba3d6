"""`/checks/<id>/<position>`: a post of a check: its curve, its views at ages, and every reading with its evidence."""

import re
from collections.abc import Sequence
from typing import Any

from flask import request
from flask.wrappers import Response

from control.batches import link_rows, progress
from control.batches.progress import own
from control.pages import chart, check_words, frame
from control.pages.blueprint import page as make_page
from control.pages.chart import Chart, Point
from control.reports import ages, flags, history, latest
from control.reports.buckets import Pair
from control.reports.history import Place
from control.times import DAY_SECONDS
from control.web import page_sessions
from control.web.engine import db
from crawler.platforms import address
from crawler.platforms.advice import advice
from crawler.store.database import snapshot

AGES = (3600, DAY_SECONDS, 7 * DAY_SECONDS, 30 * DAY_SECONDS)
IN_THE_CHART = 1000  # readings
ON_A_PAGE = 100
CURSOR = "([0-9]{1,12}[.][0-9]{1,9})_([0-9]{1,18})"

page = make_page("post", page_sessions.person)


@page.get("/checks/<id>/<int(max=1000000):position>")
def show_post(id: str, position: int) -> Response:  # noqa: A002 - the route's word
    user_id, given = page_sessions.user().user_id, _nothing()
    with snapshot(db.engine) as connection:
        batch_id = own(connection, user_id, id)
        batch, link = progress.read(connection, batch_id), link_rows.one(connection, batch_id, position)
        if link.key:
            subject = history.of_link(connection, user_id, batch_id, position)
            newest, older = latest.read(connection, subject, None, IN_THE_CHART)
            before = _place(request.args.get("before", ""))
            shown = latest.read(connection, subject, before, ON_A_PAGE) if before else _first(newest, older)
            given = _history(newest, shown) | {"ages": ages.ask(connection, subject, AGES), "subject": subject}
    language: Any = frame.language()
    return frame.show(
        "post.html",
        batch=batch,
        name=check_words.name_of(batch),
        link=link,
        post_address=address(link.platform, link.key),
        advice=lambda: advice(link.platform, link.reason, link.detail, language),
        **given,
    )


def _nothing() -> dict[str, Any]:
    """What is shown of a link that names no post."""
    return {"subject": None, "ages": [], "readings": [], "older": None, "first": True, "chart": None}


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
