"""What plans cost: readings of all that a user follows in the time to come, and the requests that they take."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, func, select

from control.accounts import row_lock
from control.campaigns import forecast
from control.campaigns.forecast import DAYS, HOUR_SECONDS, Load, Situation
from control.campaigns.plan import POSTS_A_CALL, Plan
from control.errors import FollowsTooMuch
from crawler.store.database import read_clock
from crawler.store.models.campaigns import Campaign, FollowedPost, Following, Placement, PointKind
from crawler.store.models.posts import Post

FOREVER = 1e12  # seconds since 1970


class Price(NamedTuple):
    """Of so many posts: readings a day, on average over `DAYS` days, in the next 24 hours, and to the month's end."""

    posts: int
    a_day: int
    next_day: int
    this_month: int

    @property
    def requests_a_day(self) -> int:
        return math.ceil(self.a_day / POSTS_A_CALL)

    @property
    def requests_this_month(self) -> int:
        return math.ceil(self.this_month / POSTS_A_CALL)


class FollowedOnce(NamedTuple):
    """A post as a campaign follows it; equal ones are measured once."""

    post_id: int
    access_key: str
    situation: Situation


class Offer(NamedTuple):
    """A price, and what its user would follow then in all."""

    price: Price
    planned: int  # readings a day
    followed: int  # placements


def of_user(connection: Connection, user_id: str) -> Price:
    """Return the price of all that a user follows. A post that two campaigns follow by the same plan counts once."""
    return _price(_loads(_followed(connection, _placements(user_id), read_clock(connection), {})))


class Wanted(NamedTuple):
    """A plan, the zone of its months, and so many new posts."""

    plan: Plan
    zone: str
    posts: int


def offer(connection: Connection, user_id: str, campaign: Row[Any] | None, wanted: Wanted) -> Offer:
    """Return the price of a plan for new posts and, if one is given, for all of a campaign."""
    now = read_clock(connection)
    instead = {campaign.id: wanted.plan} if campaign else {}
    all_ = _placements(user_id)
    own = _loads(_followed(connection, all_.where(Campaign.id == campaign.id), now, instead)) if campaign else []
    new = _new(wanted, now)
    then = _price([*_loads(_followed(connection, all_, now, instead)), *new])
    mine = select(func.count()).select_from(Placement).join(Campaign).where(Campaign.user_id == user_id)
    return Offer(_price([*own, *new]), then.a_day, connection.execute(mine).scalar_one() + wanted.posts)


def of_new(wanted: Wanted, now: float) -> Price:
    """Return the price of new posts alone."""
    return _price(_new(wanted, now))


def _new(wanted: Wanted, now: float) -> list[Load]:
    hour = int(now // HOUR_SECONDS)
    return [forecast.load(Situation(wanted.plan.as_json(), wanted.zone, 0.0, math.inf, hour, True))] * wanted.posts


@contextmanager
def within(connection: Connection, user_id: str, most: int) -> Iterator[None]:
    """Refuse a change after which the user's plans take more than they may, and more than before it.

    Raises FollowsTooMuch.
    """
    row_lock.lock(connection, user_id)
    before = of_user(connection, user_id).a_day
    yield
    planned = of_user(connection, user_id).a_day
    if planned > max(most, before):
        raise FollowsTooMuch(
            f"Your plans would take {planned:,} readings a day, and {most:,} may be: {planned - most:,} too many. "
            "Choose fewer ages or a longer time between readings, or remove placements."
        )


def _price(loads: Iterable[Load]) -> Price:
    all_ = list(loads)
    days = sum(each.days for each in all_)
    month, next_day = sum(each.this_month for each in all_), sum(each.next_day for each in all_)
    return Price(len(all_), math.ceil(days / DAYS), next_day, month)


def _loads(posts: set[FollowedOnce]) -> list[Load]:
    return [forecast.load(each.situation) for each in posts]


def _followed(
    connection: Connection, placements: Select[*tuple[Any, ...]], now: float, instead: dict[int, Plan]
) -> set[FollowedOnce]:
    found = set()
    for row in connection.execute(placements):
        plan = instead[row.campaign].as_json() if row.campaign in instead else row.plan
        ends_in = min(row.ends_at, row.campaign_ends_at or FOREVER) - now
        if ends_in > 0:
            age = 0.0 if row.published_at is None else max(0.0, now - row.published_at)
            alike = (forecast.alike(age), math.inf if ends_in > FOREVER / 2 else forecast.alike(ends_in))
            hour = int(now // HOUR_SECONDS)
            situation = Situation(plan, row.time_zone, *alike, hour, row.kind == PointKind.FIRST)
            found.add(FollowedOnce(row.post_id, row.access_key, situation))
    return found


def _placements(user_id: str) -> Select[*tuple[Any, ...]]:
    """Select what the user follows now: each post of a campaign once, followed until its last placement ends."""
    what = (
        Campaign.id.label("campaign"),
        Campaign.plan,
        Campaign.time_zone,
        Campaign.ends_at.label("campaign_ends_at"),
    )
    post = (Placement.post_id, Placement.access_key, Post.published_at)
    same = and_(FollowedPost.post_id == Placement.post_id, FollowedPost.access_key == Placement.access_key)
    ends = func.max(func.coalesce(Placement.ends_at, FOREVER)).label("ends_at")
    return (
        select(*what, *post, ends, FollowedPost.kind)
        .join(Placement, Placement.campaign_id == Campaign.id)
        .join(Post, Post.id == Placement.post_id)
        .join(Following, and_(Following.placement_id == Placement.id, Following.until.is_(None)))
        .outerjoin(FollowedPost, same)
        .where(Campaign.user_id == user_id)
        .group_by(Campaign.id, *post, FollowedPost.kind)
    )
