"""`/events`: what the caller is told of their campaigns."""

import json
from typing import Annotated, Any

from flask import url_for
from pydantic import Field
from sqlalchemy import Row

from control.campaigns import events
from control.campaigns.events import WHOLE
from control.times import moment
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import CAMPAIGNS, Shape, resource
from crawler.store.database import snapshot
from crawler.store.models.events import EventKind

MOST = 10**15

api = resource("events", CAMPAIGNS, authenticate)


class EventShown(Shape):
    kind: EventKind = Field(
        description="`month_ready`: a month is over, and what could be measured of it is. `post_gone`: the platform "
        "does not show the post any more, before its placement ends. `views_fell`. `erid_lost`: an erid that stood at "
        "the post is gone."
    )
    at: str = Field(description="When it happened, or was seen first.")
    campaign: str
    campaign_name: str
    campaign_url: str
    position: int | None = Field(description="Of the placement in the campaign.")
    link: str | None = Field(description="Null where the placement was removed since.")
    month: str | None = Field(description="Of `month_ready`, such as `2026-10`.")
    views_before: int | None = Field(description="Of `views_fell`: in the reading before.")
    views: int | None
    erids: list[str] | None = Field(description="Of `erid_lost`: those that stand at the post still.")
    last_seen_at: str | None = Field(description="Of `post_gone`: the last reading before `at`; it went in between.")


class Events(Shape):
    events: list[EventShown]
    next_since: int = Field(description="Send it as `since` the next time, to get what came later.")


class EventsQuery(Shape):
    since: int = Field(0, ge=0, le=MOST, description="`next_since` of the answer before. Without it: from the oldest.")
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


@api.get("/events", responses={200: Events})
def list_events(query: EventsQuery) -> Events:
    """What happened to your campaigns in the last 90 days, oldest first."""
    with snapshot(db.engine) as connection:
        page = events.read(connection, caller(), query.since, query.limit)
    return Events(events=[_show(row) for row in page.rows], next_since=page.last)


def _show(row: Row[Any]) -> EventShown:
    details = json.loads(row.details)
    return EventShown(
        kind=EventKind(row.kind),
        at=moment(row.at),
        campaign=row.public_id,
        campaign_name=row.name,
        campaign_url=url_for("campaigns.get_campaign", id=row.public_id, _external=True),
        position=None if row.position == WHOLE else row.position,
        link=row.url,
        month=details.get("month"),
        views_before=details.get("views_before"),
        views=details.get("views"),
        erids=details.get("erids"),
        last_seen_at=moment(details.get("last_seen_at")),
    )
