"""A campaign with a past, as its pages show it: posts of several ages, measured by plan, some gone, some missed."""

import math

from sqlalchemy import insert, select, update

from control.campaigns import campaigns, placements
from control.campaigns.plan import USUAL
from control.times import DAY_SECONDS
from control.web.engine import db
from crawler.store.database import read_clock
from crawler.store.models.campaigns import Campaign, FollowedPost, Following, Placement, Point
from crawler.store.models.posts import Post, Reading

HOUR = 3600
LINK = "https://vk.com/wall-1_{}"
GONE, PAUSED, MISSED, LATE = 1, 2, 3, 4  # positions
SINCE_DAYS = 40


def make(settings, user_id, posts=8, name="Ноябрь, блогеры", plan=None):
    """Return the public id; one more placement than posts: its link names none."""
    values = {"name": name, "time_zone": "Europe/Moscow", "currency": "RUB", "plan": (plan or USUAL).as_json()}
    made = campaigns.make(db.engine, user_id, values | {"ends_at": None}).public_id
    links = [*(LINK.format(item) for item in range(1, posts + 1)), "https://example.com/post"]
    placements.add(db.engine, settings, user_id, made, links, None)
    with db.engine.begin() as connection:
        now = read_clock(connection)
        begun = now - SINCE_DAYS * DAY_SECONDS
        campaign = connection.execute(select(Campaign.id).where(Campaign.public_id == made)).scalar_one()
        mine = select(Placement.id).where(Placement.campaign_id == campaign)
        connection.execute(update(Campaign).where(Campaign.id == campaign).values(created_at=begun))
        connection.execute(update(Following).where(Following.placement_id.in_(mine)).values(since=begun))
        rows = connection.execute(select(Placement.__table__).where(Placement.campaign_id == campaign)).all()
        for row in rows:
            _past(connection, row, now)
    return made


def _past(connection, placement, now):
    if placement.post_id is None:
        return
    number = placement.position
    published = now - (SINCE_DAYS - 3 * number % SINCE_DAYS) * DAY_SECONDS - 7 * HOUR * number % DAY_SECONDS + 1.5
    connection.execute(update(Post).where(Post.id == placement.post_id).values(published_at=published))
    ends = now - 2 * DAY_SECONDS if number == GONE else now
    ages = [
        age for age in (*USUAL.ages, *(day * DAY_SECONDS for day in range(2, SINCE_DAYS, 3))) if published + age < ends
    ]
    if number == MISSED:
        ages = [age for age in ages if age != DAY_SECONDS]
    top = 3_000 * (1 + number * 37 % 11) ** 2
    readings = [
        _reading(placement, published + age, round(top * (1 - math.exp(-age / 2 / DAY_SECONDS)))) for age in ages
    ]
    if readings:
        connection.execute(insert(Reading), readings)
    followed = update(FollowedPost).where(FollowedPost.post_id == placement.post_id)
    nothing_due = dict.fromkeys(("kind", "due_at", "from_at", "late_at"))
    gone = {"missing_at": ends + HOUR, "missing_times": 3} if number == GONE else {}
    connection.execute(followed.values(**nothing_due, handled_until=now, **gone))
    cost = None if number % 5 == 4 else (12_000 + 500 * number) * 100
    said = {"blogger": f"Блогер {number + 1}", "cost": cost, "erid": f"2SDnje{number:05}"}
    connection.execute(update(Placement).where(Placement.id == placement.id).values(**said))
    if number == PAUSED:
        connection.execute(update(Placement).where(Placement.id == placement.id).values(paused_at=now - HOUR))
        stopped = update(Following).where(Following.placement_id == placement.id)
        connection.execute(stopped.values(until=now - HOUR))
    if number in {MISSED, LATE}:
        _miss(connection, placement, published + (DAY_SECONDS if number == MISSED else 3 * HOUR), number)


def _reading(placement, at, views):
    counts = {"views": views, "likes": views // 40, "comments": views // 900, "reposts": views // 400}
    times = {"asked_at": at - 0.9, "measured_at": at - 0.5, "source": "wall.getById 5.199", "http_status": 200}
    return {"post_id": placement.post_id, "access_key": placement.access_key, **counts, **times}


def _miss(connection, placement, due_at, number):
    times = {"due_at": due_at, "made_at": due_at + HOUR, "settled_at": due_at + HOUR}
    of = {"post_id": placement.post_id, "access_key": placement.access_key, "kind": "age"}
    connection.execute(insert(Point).values(**of, **times, reason="too_late" if number == MISSED else "network"))
