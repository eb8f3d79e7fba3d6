"""`/followed/<id>/<month>/evidence/<position>`: what a number of a month rests on, to be printed and handed over."""

from typing import Any
from zoneinfo import ZoneInfo

from flask.wrappers import Response

from control.campaigns import evidence
from control.campaigns.evidence import Evidence
from control.pages import addresses, frame
from control.pages.blueprint import page as make_page
from control.web import page_sessions, words
from control.web.engine import db
from crawler.platforms import address, wall
from crawler.store.database import snapshot

MOSCOW = ZoneInfo("Europe/Moscow")  # registers and customers reckon by it, wherever a campaign is
DATE_OF_LAST = 1.0  # second before midnight

page = make_page("evidence", page_sessions.person)


@page.get("/followed/<id>/<month>/evidence/<int(max=1000000000):position>")
def show_evidence(id: str, month: str, position: int) -> Response:  # noqa: A002 - the route's word
    with snapshot(db.engine) as connection:
        version = addresses.number("version")
        found = evidence.find(connection, page_sessions.user().user_id, id, month, position, version)
    return frame.show("evidence.html", **_given(found))


def _given(found: Evidence) -> dict[str, Any]:
    report, row, language = found.report, found.row, frame.language()
    zone = ZoneInfo(report.time_zone)
    return {
        "campaign": found.campaign,
        "report": report,
        "version": addresses.number("version"),
        "row": row,
        "ends": list(zip(("begin", "end"), found.ends, strict=True)),
        "post": address(row.platform, row.key),
        "wall": wall(row.platform, row.key),
        "first_day": words.day(language, report.month.begin, zone),
        "last_day": words.day(language, found.ends[1].at - DATE_OF_LAST, zone),
        "in_moscow": lambda seconds: words.precisely(language, seconds, MOSCOW),
        "of_moscow": zone.key == MOSCOW.key,
        "made_at": report.asked.now,
    }
