"""What plans cost, in words: readings a day, requests to VK, and how much of that its user may have."""

from typing import Any

from sqlalchemy import Connection, Row

from control.campaigns import price
from control.campaigns.price import Wanted
from control.pages import frame
from control.pages.plans import PRESETS
from control.web import page_sessions
from control.web.settings import settings

POSTS = 100  # for which a price is told before anything is chosen


def of_presets(zone: str, now: float) -> dict[str, str]:
    """Say what each preset costs for some new posts."""
    found = {name: price.of_new(Wanted(plan, zone, POSTS), now) for name, plan in PRESETS.items()}
    return {
        name: frame.say("followed.price.preset", n=each.posts, a_day=each.a_day, month=each.this_month)
        for name, each in found.items()
    }


def offer(connection: Connection, wanted: Wanted, campaign: Row[Any] | None = None) -> list[str]:
    """Say what a plan costs for new posts, or for all of a campaign, and what of the quota is taken then."""
    found = price.offer(connection, page_sessions.user().user_id, campaign, wanted)
    of = found.price
    said = frame.say(
        "followed.price.offer",
        n=of.posts,
        a_day=of.a_day,
        requests=of.requests_a_day,
        month=of.this_month,
    )
    most = settings().most_readings_per_day
    fits = "fits" if found.planned <= most else "too_much"
    return [said, frame.say(f"followed.price.{fits}", planned=found.planned, most=most)]
