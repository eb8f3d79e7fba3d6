"""Whoever deletes their account, or a campaign, leaves no row of theirs in any table, and takes nothing of others.

All tables are walked, those that come later too. What another user had is there before and after, row by row.
"""

import importlib
import pkgutil

import pytest
from sqlalchemy import insert, select, update

import crawler.store.models
from control.campaigns import events
from control.campaigns.events import WHOLE, Fact
from control.scheduler import account_erasure
from control.web.engine import db
from crawler.store.database import now, writing
from crawler.store.models.base import Base
from crawler.store.models.campaigns import Campaign, FollowedPost, Placement, Point
from crawler.store.models.events import EventKind
from crawler.store.models.posts import Post, Reading
from tests.security.routes import DETAILS, make_batch, make_campaign, make_export, make_import, make_token

for module in pkgutil.iter_modules(crawler.store.models.__path__):
    importlib.import_module(f"{crawler.store.models.__name__}.{module.name}")

NOBODYS = {
    "posts",
    "walls",
    "budgets",
    "beats",
    "answers",
    "tries",
    "link_totals",
    "run_totals",
}  # what says nothing of who asked
COUNTED = {"usage", "submissions"}  # the links that a user handed in that day, and requests that may be sent again
SHARED, HERS = "https://vk.com/wall-1_1", "https://vk.com/wall-9_{}"


def rows(*but):
    """Every row of every table, in an order of its own."""
    with db.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in Base.metadata.sorted_tables
            if table.name not in {*NOBODYS, *but}
        }


def follow(client, number):
    """Make a campaign with all that one may have: a post of its own and a shared one, points, events, closed months."""
    campaign = make_campaign(client)
    there = f"/campaigns/{campaign}/placements"
    key = {"Idempotency-Key": campaign}
    links = {"links": [SHARED, HERS.format(number)]}
    assert client.post(there, json=links, headers=key).status_code == 201
    assert client.patch(f"{there}/0", json={"cost": 5, "own": {"Manager": "Vera"}}).status_code == 200
    month = f"/campaigns/{campaign}/months/{DETAILS['month']}"
    assert client.post(f"{month}/reopen", json={"reason": "again"}).status_code == 200
    assert client.post(f"{month}/close").status_code == 200
    ordered = client.post("/exports", json={"campaign": campaign, "month": DETAILS["month"]})
    assert ordered.status_code == 202
    with writing(db.engine) as connection:
        id_ = connection.execute(select(Campaign.id).where(Campaign.public_id == campaign)).scalar_one()
        facts = [Fact(EventKind.MONTH_READY, id_, WHOLE, "x", 5.0, {"month": "2025-10"})]
        events.write(connection, [*facts, Fact(EventKind.POST_GONE, id_, 0, "x", 5.0, {"last_seen_at": None})])
    return campaign


def measure():
    """Let every post that is followed have been measured, and a point of it been missed."""
    with writing(db.engine) as connection:
        for post in connection.execute(select(Placement.post_id).where(Placement.post_id.is_not(None)).distinct()):
            times = {"due_at": 5.0, "made_at": 5.0, "settled_at": 5.0}
            key = {"post_id": post.post_id, "access_key": ""}
            connection.execute(insert(Point).values(**key, kind="age", **times, reason="too_late"))
            connection.execute(insert(Reading).values(**key, views=5, source="test", http_status=200))
        connection.execute(update(FollowedPost).values(kind=None, due_at=None, from_at=None, late_at=None))


@pytest.fixture
def before(boris):
    """What another user has: all that there is."""
    make_batch(boris)
    make_token(boris)
    make_import(boris)
    follow(boris, 1)
    make_export(boris)
    measure()
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(handled_until=now()))


def freeze():
    """What the other user's shared post is asked next changes with who follows it; all else does not."""
    with db.engine.begin() as connection:
        nothing = dict.fromkeys(("kind", "due_at", "from_at", "late_at", "again_at"))
        connection.execute(update(FollowedPost).values(**nothing, handled_until=5.0))


def test_an_account_that_is_deleted_leaves_nothing(boris, before, client_of):
    freeze()
    expected = rows()
    assert all(
        expected[table] for table in ("closed_values", "reopenings", "events", "points", "placement_rows", "exports")
    )
    anna = client_of("anna")
    make_batch(anna)
    make_token(anna)
    make_import(anna)
    follow(anna, 2)
    make_export(anna)
    with db.engine.begin() as connection:
        post = connection.execute(select(Post.id).where(Post.key == "wall-9_2")).scalar_one()
        key = {"post_id": post, "access_key": ""}
        connection.execute(insert(Reading).values(**key, views=5, source="test", http_status=200))
        times = {"due_at": 5.0, "made_at": 5.0, "settled_at": 5.0}
        connection.execute(insert(Point).values(**key, kind="age", **times, reason="too_late"))
    assert anna.delete("/users/me").status_code == 204
    while account_erasure.erase(db.engine):
        pass
    freeze()
    assert rows() == expected


def test_a_campaign_that_is_deleted_leaves_nothing(anna, before):
    make_batch(anna)
    freeze()
    expected = rows(*COUNTED)
    campaign = follow(anna, 2)
    assert rows(*COUNTED) != expected
    assert anna.delete(f"/campaigns/{campaign}").status_code == 204
    freeze()
    assert rows(*COUNTED) == expected
