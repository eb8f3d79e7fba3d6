"""What users are told of their campaigns, in words, with the page that it is about."""

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from control.campaigns import events
from control.campaigns.events import WHOLE
from control.pages import frame, month_words
from control.web import page_sessions
from crawler.store.models.events import EventKind

MOST = 6


class Told(NamedTuple):
    """`place` is the address of what it is about, and `at` when it happened."""

    at: float
    campaign: str  # its name
    place: str
    what: str
    text: str


def latest(connection: Connection, campaign_id: int | None = None) -> list[Told]:
    """Return the last events of the reader's campaigns, or of one of them, newest first."""
    rows = events.latest(connection, page_sessions.user().user_id, MOST, campaign_id)
    return [_told(row) for row in rows]


def _told(row: Row[Any]) -> Told:
    details, there = json.loads(row.details), f"/followed/{row.public_id}"
    if row.position == WHOLE:
        place, what = f"{there}/{details['month']}", month_words.name_of(details["month"])
    else:
        place, what = f"{there}/{row.position}", frame.say("followed.one", n=row.position + 1)
    if row.url is None:  # it was removed since, or there never was one
        place = place if row.position == WHOLE else there
    return Told(row.at, row.name, place, what, _text(row.kind, row.at, details))


def _text(kind: str, at: float, details: dict[str, Any]) -> str:
    if kind == EventKind.VIEWS_FELL:
        return frame.say("followed.told.views_fell", before=details["views_before"], now=details["views"])
    if kind == EventKind.POST_GONE and details["last_seen_at"] is not None:
        moment = frame.context()["moment"]
        return frame.say("followed.told.post_gone_between", seen=moment(details["last_seen_at"]), at=moment(at))
    return frame.say(f"followed.told.{kind}")
