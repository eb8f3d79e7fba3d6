"""How full calls are with points of followed posts: hours of the scheduler's work, on a simulated clock."""

import math
from collections import Counter

from sqlalchemy import Engine, func, insert, select, text, update

from control.campaigns import next_points
from control.campaigns.plan import POSTS_A_CALL, USUAL, Plan
from control.scheduler import points
from crawler.queue.cancellation import closing
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch, Link, Status
from crawler.store.models.campaigns import Campaign, FollowedPost
from crawler.store.models.posts import Reading
from tests.bench import storage
from tests.bench.figures import Figure
from tests.bench.million import tidy
from tests.bench.simulated_clock import SimulatedClock, simulated

MOMENT = 1_794_000_000.0  # in the middle of a month
DAYS = 30  # so old the oldest post is
# A post of an hour has to be read in a span of little more than a minute, so without readings between calls have few.
PLANS = {"the default plan": USUAL, "the plan without readings between": USUAL._replace(between=None)}
SLICE = 5_000
SETTLING = 0.25  # of the hours: those points come first that were due when it began
GROWN = "CAST(1000 * sqrt({at} - published_at) AS INTEGER)"
POSTS = """
INSERT INTO posts (platform, key, published_at)
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :size - 1)
SELECT 'vk', 'wall-1_' || (n + 1), CAST(:end - :seconds * (n + 0.5) / :size AS INTEGER) FROM numbers
"""
PLACEMENTS = """
INSERT INTO placements (campaign_id, position, url, platform, post_id, access_key, added_at)
SELECT :campaign, id, 'https://vk.com/' || key, 'vk', id, '', published_at FROM posts
"""
FOLLOWINGS = "INSERT INTO followings (placement_id, since) SELECT id, added_at FROM placements"
FOLLOWED = """
INSERT INTO followed_posts (post_id, access_key, handled_until, missing_times)
SELECT post_id, '', max(measured_at), 0 FROM readings GROUP BY post_id
"""
READINGS = f"""
INSERT INTO readings (post_id, views, source, http_status, measured_at)
SELECT id, {GROWN.format(at="at")}, 'x', 200, at
FROM (SELECT id, published_at, :now - (:now - published_at) * (:back + (id * 7919 % 1000) / 20000.0) AS at
    FROM posts WHERE published_at < :now)
"""
ADDED = """
INSERT INTO followed_posts (post_id, access_key, kind, due_at, from_at, late_at, handled_until, missing_times)
SELECT id, '', 'first', hour, hour, hour, 0, 0
FROM (SELECT id, published_at, 3600.0 * (1 + published_at / 3600) AS hour FROM posts WHERE published_at >= :now)
"""
ANSWERED = f"""
INSERT INTO readings (post_id, views, source, http_status, measured_at)
SELECT posts.id, {GROWN.format(at=":now")}, 'x', 200, :now
FROM links JOIN posts ON posts.id = links.post_id WHERE links.batch_id = :batch
"""


def measure(size: int = 100_000, hours: float = 6.0) -> list[Figure]:
    return [_filled(what, plan, size, hours) for what, plan in PLANS.items()]


def _filled(what: str, plan: Plan, size: int, hours: float) -> Figure:
    with storage.storage(storage.SQLITE) as url, simulated(url, MOMENT) as clock:
        fill(clock.engine, plan, size, hours * 3600)
        calls, places = play(clock, hours)
    how = f"{places:,} points in {calls:,} calls, {hours:g} hours, SQLite"
    named = f"places filled in calls of {POSTS_A_CALL}, {what}, {size:,} followed posts"
    return Figure(named, places / max(1, calls), "of 100", at_least=95 if plan.between else None, how=how)


def fill(engine: Engine, plan: Plan, size: int, coming: float) -> None:
    """Store posts of all ages that are followed since they were published, and have two readings each. Those that are
    published in the coming seconds are added each full hour.
    """
    values = {"size": size, "now": MOMENT, "end": MOMENT + coming, "seconds": DAYS * 86_400 + coming}
    with writing(engine) as connection:
        user = random_id()
        connection.execute(insert(User).values(id=user, username=user, password_hash=""))
        campaign = {"user_id": user, "name": "x", "time_zone": "Europe/Moscow", "currency": "RUB"}
        made = insert(Campaign).values(**campaign, plan=plan.as_json()).returning(Campaign.id)
        values["campaign"] = connection.execute(made).scalar_one()
        for statement in (POSTS, PLACEMENTS, FOLLOWINGS):
            connection.execute(text(statement), values)
        for back in (0.06, 0.0):
            connection.execute(text(READINGS), values | {"back": back})
        connection.execute(text(FOLLOWED))
        connection.execute(text(ADDED), values)
        ids = connection.execute(select(Reading.post_id).distinct()).scalars().all()
    for start in range(0, len(ids), SLICE):
        with writing(engine) as connection:
            next_points.schedule(connection, ids[start : start + SLICE])
    tidy(engine)


def play(clock: SimulatedClock, hours: float) -> tuple[int, int]:
    """Let the time pass; return how many calls and places there were."""
    end, counted = MOMENT + hours * 3600, MOMENT + SETTLING * hours * 3600
    found = Counter[str]()
    while (due := _next(clock.engine)) and due < end:
        clock.moment = max(clock.moment, due) + 0.5
        points.gather(clock.engine)
        for _, links in _work(clock):
            if clock.moment > counted:
                found += Counter(calls=math.ceil(links / POSTS_A_CALL), places=links)
        points.settle(clock.engine)
    return found["calls"], found["places"]


def _next(engine: Engine) -> float | None:
    first = select(func.min(FollowedPost.late_at)).where(FollowedPost.due_at.is_not(None))
    with engine.connect() as connection:
        return connection.execute(first).scalar()


def _work(clock: SimulatedClock) -> list[tuple[int, int]]:
    """Let the batches end as runs would; the links of each."""
    open_ = select(Batch.id, func.count()).join(Link, Link.batch_id == Batch.id).where(Batch.closed_at.is_(None))
    with writing(clock.engine) as connection:
        batches = [(id_, links) for id_, links in connection.execute(open_.group_by(Batch.id))]
        for id_, _ in batches:
            connection.execute(text(ANSWERED), {"batch": id_, "now": clock.moment})
            newest = text("(SELECT max(id) FROM readings WHERE readings.post_id = links.post_id)")
            done = {"status": Status.DONE, "reading_id": newest, "finished_at": clock.moment}
            connection.execute(update(Link).where(Link.batch_id == id_).values(done))
            connection.execute(closing().where(Batch.id == id_))
    return batches
