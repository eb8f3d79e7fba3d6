"""The sum of a campaign's posts over time, and the points that brought no number."""

import pytest
from sqlalchemy import insert, select, update

from control.accounts import users
from control.campaigns import campaigns, curve, missed, placements
from control.campaigns.plan import Plan
from control.web.engine import db
from crawler.store.database import read_clock
from crawler.store.models.campaigns import Campaign, Following, Placement, Point
from crawler.store.models.posts import Post, Reading

HOUR = 3600.0
LINKS = ("wall-1_1", "wall-1_2", "wall-1_1", "video-1_3", "https://example.com/")
PLAN = Plan((HOUR, 24 * HOUR))


@pytest.fixture
def campaign(app):
    """A campaign of ten days with four placements of three posts."""
    user_id = users.insert(db.engine, "anna", "none")
    values = {"name": "n", "time_zone": "Europe/Moscow", "currency": "RUB", "ends_at": None, "plan": PLAN.as_json()}
    made = campaigns.make(db.engine, user_id, values).public_id
    placements.add(db.engine, app.config["SETTINGS"], user_id, made, LINKS, None)
    with db.engine.begin() as connection:
        begun = read_clock(connection) - 240 * HOUR
        connection.execute(update(Campaign).values(created_at=begun))
        connection.execute(update(Following).values(since=begun))
        connection.execute(update(Post).values(published_at=begun))
        return campaigns.find(connection, user_id, made)


def read(campaign, *readings):
    """Store readings: the key of the post, hours since the campaign began, and views."""
    with db.engine.begin() as connection:
        ids = {row.key: row.id for row in connection.execute(select(Post.key, Post.id))}
        same = {"source": "test", "http_status": 200}
        rows = [
            same | {"post_id": ids[key], "measured_at": campaign.created_at + hours * HOUR, "views": views}
            for key, hours, views in readings
        ]
        connection.execute(insert(Reading), rows)


def sums(campaign):
    with db.engine.connect() as connection:
        found = curve.read(connection, campaign)
    return [(round((each.moment - campaign.created_at) / HOUR), each.views, each.posts, each.fell) for each in found]


def test_without_readings_there_is_no_sum(campaign):
    assert sums(campaign) == []


def test_of_each_post_the_last_count_is_in_the_sum_once(campaign):
    read(campaign, ("wall-1_1", 10, 100), ("wall-1_2", 30, 1000), ("wall-1_1", 50, 150), ("wall-1_2", 70, 900))
    assert sums(campaign) == [(10, 100, 1, False), (30, 1100, 2, False), (50, 1150, 2, False), (70, 1050, 2, True)]


def test_readings_of_one_step_are_one_point_and_a_joint_post_is_one(campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Post).where(Post.key == "video-1_3").values(canonical_key="wall-1_2"))
    read(campaign, ("wall-1_2", 19, 500), ("video-1_3", 20, 510), ("wall-1_2", 100, 700))
    assert sums(campaign) == [(20, 510, 1, False), (100, 700, 1, False)]


def test_what_was_read_before_or_in_a_pause_is_not_in_it(campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Following).values(until=campaign.created_at + 60 * HOUR))
    read(campaign, ("wall-1_1", -5, 50), ("wall-1_1", 10, 100), ("wall-1_1", 100, 200))
    assert sums(campaign) == [(10, 100, 1, False)]


def miss(campaign, kind, at, reason, post="wall-1_2"):
    with db.engine.begin() as connection:
        post_id = connection.execute(select(Post.id).where(Post.key == post)).scalar_one()
        times = {"due_at": at, "made_at": at, "settled_at": at}
        connection.execute(insert(Point).values(post_id=post_id, access_key="", kind=kind, reason=reason, **times))


def lost(campaign):
    with db.engine.connect() as connection:
        ids = connection.execute(select(Placement.id).order_by(Placement.position)).scalars().all()
        found = missed.read(connection, campaign, ids)
    return {ids.index(id_): [(str(each.kind), each.age, each.reason) for each in all_] for id_, all_ in found.items()}


MIDNIGHT = 1_796_072_400.0  # the first of December 2026 in Moscow


def test_points_of_the_campaigns_own_plan_that_brought_no_number(campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Following).values(since=0.0))
    begun = campaign.created_at
    miss(campaign, "age", begun + HOUR, "too_late")
    miss(campaign, "age", begun + 3 * HOUR, "too_late")  # of somebody else's plan
    miss(campaign, "age", begun + 24 * HOUR, None)
    miss(campaign, "between", begun + 30 * HOUR, "network")
    miss(campaign, "month_end", MIDNIGHT - 100, "network")
    miss(campaign, "month_begin", MIDNIGHT, "deleted")
    miss(campaign, "month_begin", MIDNIGHT + 3 * HOUR, "deleted")  # midnight elsewhere
    age, *months = lost(campaign)[1]
    assert age == ("age", HOUR, "too_late")
    assert months == [("month_end", None, "network"), ("month_begin", None, "deleted")]


@pytest.mark.parametrize("at_once", [1, 2, 500])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_what_was_missed_of_a_whole_campaign_comes_page_by_page(campaign, monkeypatch, at_once, limit):
    monkeypatch.setattr(missed, "ROWS_AT_ONCE", at_once)
    with db.engine.begin() as connection:
        connection.execute(update(Following).values(since=0.0))
    lost = ("wall-1_1", 1, "too_late"), ("wall-1_1", 24, "network"), ("wall-1_2", 3, "x"), ("video-1_3", 24, "deleted")
    for post, hours, reason in lost:
        miss(campaign, "age", campaign.created_at + hours * HOUR, reason, post)
    found, cursor = [], None
    with db.engine.connect() as connection:
        while True:
            page = missed.page(connection, campaign, cursor, limit)
            found += [(each.row.position, [point.reason for point in each.points]) for each in page.placements]
            assert len(page.placements) <= limit
            if (cursor := page.next_cursor) is None:
                break
    both = ["too_late", "network"]
    assert found == [(0, both), (2, both), (3, ["deleted"])]


def test_points_of_a_pause_are_nobodys(campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Following).values(until=campaign.created_at + 1))
    miss(campaign, "age", campaign.created_at + HOUR, "too_late")
    assert lost(campaign) == {}


def test_the_same_form_makes_one_campaign_and_another_one_another(app):
    user_id = users.insert(db.engine, "boris", "none")
    values = {"name": "n", "time_zone": "UTC", "currency": "RUB", "ends_at": None, "plan": PLAN.as_json()}
    made = [campaigns.make(db.engine, user_id, values, key) for key in (KEYS[0], KEYS[0], KEYS[1], None)]
    assert len({each.public_id for each in made}) == 3
    assert made[0].public_id == made[1].public_id


KEYS = [campaigns.Key(text, "f") for text in ("one", "two")]
