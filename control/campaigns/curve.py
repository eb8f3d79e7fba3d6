"""The views of all posts of a campaign over time: of each post the last count by then, added up.

A post counts once, however often it is placed, and so does a joint post. Only readings that were taken while the
campaign followed the post are in it.
"""

from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, Row, Select, and_, case, cast, func, select

from control.reports.history import FOREVER
from crawler.store.database import read_clock
from crawler.store.lookup import looked_up
from crawler.store.models.campaigns import Following, Placement
from crawler.store.models.posts import Post, Reading

STEPS = 40  # about so many points
SHORTEST_SECONDS = 60.0  # from one to the next


class Sum(NamedTuple):
    """`moment` is that of the last reading in it; `posts` is how many have been read by then."""

    moment: float
    views: int
    posts: int
    fell: bool  # the sum is less than before: a counter fell


def read(connection: Connection, campaign: Row[Any]) -> list[Sum]:
    """Return the sums in the order of time."""
    step = max(SHORTEST_SECONDS, (read_clock(connection) - campaign.created_at) / STEPS)
    gained = _gained(campaign.id).subquery()
    since = cast((gained.c.measured_at - campaign.created_at) / step, Integer)
    steps = (
        select(func.max(gained.c.measured_at), func.sum(gained.c.views), func.sum(gained.c.posts))
        .group_by(since)
        .order_by(since)
    )
    rows = connection.execute(steps).all()
    moments, views, posts = ([row[place] for row in rows] for place in range(3))
    sums = zip(moments, accumulate(map(int, views)), accumulate(map(int, posts)), views, strict=True)
    return [Sum(moment, total, known, more < 0) for moment, total, known, more in sums]


def _gained(campaign_id: int) -> Select[*tuple[Any, ...]]:
    """Select, for each reading, by how many views it is more than the one before of the same post."""
    readings = _readings(campaign_id).subquery()
    post, order = (readings.c.platform, readings.c.key), (readings.c.measured_at, readings.c.id)
    before = func.lag(readings.c.views).over(partition_by=post, order_by=order)
    return select(
        readings.c.measured_at,
        (readings.c.views - func.coalesce(before, 0)).label("views"),
        case((before.is_(None), 1), else_=0).label("posts"),
    )


def _readings(campaign_id: int) -> Select[*tuple[Any, ...]]:
    meanwhile = (Following.since <= Reading.measured_at, func.coalesce(Following.until, FOREVER) > Reading.measured_at)
    post = (Post.platform, func.coalesce(Post.canonical_key, Post.key).label("key"))
    theirs = and_(looked_up(Reading.post_id, Placement.post_id), Reading.access_key == Placement.access_key)
    return (
        select(Reading.id, Reading.measured_at, Reading.views, *post)
        .select_from(Placement)
        .join(Following, Following.placement_id == Placement.id)
        .join(Post, Post.id == Placement.post_id)
        .join(Reading, and_(theirs, *meanwhile))
        .where(Placement.campaign_id == campaign_id)
        .distinct()
    )
