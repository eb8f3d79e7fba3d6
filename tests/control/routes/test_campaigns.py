"""Campaigns and their placements, as their users ask for them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from control.campaigns import campaigns
from control.scheduler import points
from control.web.engine import db
from crawler.queue.acceptance import LONGEST
from crawler.store.database import now, read_clock
from crawler.store.models.campaigns import FollowedPost
from crawler.store.models.posts import Post, Reading
from tests.control.conftest import problem

LINKS = ["https://vk.com/wall-1_1", "https://vk.com/wall-1_2", "https://vk.com/wall-1_1", "spam"]
PLAN = {"ages": ["1h", "24h"], "month_ends": False, "between": "adaptive", "until": "30d"}


@pytest.fixture
def campaign(anna):
    return made(anna)["id"]


def made(client, **body):
    answer = client.post("/campaigns", json={"name": "November"} | body)
    assert answer.status_code == 201
    assert answer.headers["Location"] == answer.json["url"]
    return answer.json


def add(client, campaign, links=LINKS, **more):
    return client.post(f"/campaigns/{campaign}/placements", json={"links": links}, **more)


def listed(client, campaign, **query):
    return client.get(f"/campaigns/{campaign}/placements", query_string=query).json


def read(key, views, ago=0.0, **more):
    """Let somebody have read a post then."""
    with db.engine.begin() as connection:
        at = read_clock(connection) - ago
        post = connection.execute(select(Post.id).where(Post.key == key)).scalar_one()
        more = {"asked_at": at, "measured_at": at, "source": "test", "http_status": 200} | more
        connection.execute(insert(Reading).values(post_id=post, views=views, **more))


def test_a_campaign_has_what_buyers_compare_if_nothing_else_is_said(anna):
    campaign = made(anna)
    ages = ["1h", "3h", "24h", "3d", "7d", "30d"]
    assert campaign["plan"] == {"ages": ages, "month_ends": True, "between": "adaptive", "until": "60d"}
    assert (campaign["time_zone"], campaign["currency"], campaign["placements"]) == ("Europe/Moscow", "RUB", 0)


def test_what_is_sent_is_what_is_shown(anna):
    body = {"time_zone": "Asia/Omsk", "currency": "KZT", "plan": PLAN, "ends_at": "2026-12-31T21:00:00Z"}
    shown = anna.get(f"/campaigns/{made(anna, **body)['id']}").json
    assert {name: shown[name] for name in ("time_zone", "currency", "plan")} == {
        name: body[name] for name in ("time_zone", "currency", "plan")
    }
    assert shown["ends_at"] == "2026-12-31T21:00:00.000Z"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x", "time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"name": "x", "time_zone": "../../etc/passwd"}, "time_zone"),
        ({"name": "x", "currency": "rubles"}, "currency"),
        ({"name": "x", "ends_at": "tomorrow"}, "ends_at"),
        ({"name": "x", "plan": {"ages": ["0h"]}}, "plan.ages.0"),
        ({"name": "x", "plan": {"ages": ["5 parsecs"]}}, "plan.ages.0"),
        ({"name": "x", "plan": {"ages": [24]}}, "plan.ages.0"),
        ({"name": "x", "plan": {"ages": [f"{hours}h" for hours in range(1, 22)]}}, "plan.ages"),
        ({"name": "x", "plan": {"between": "1m"}}, "plan.between"),
        ({"name": "x", "plan": {"between": "often"}}, "plan.between"),
        ({"name": "x", "plan": {"between": []}}, "plan.between"),
        ({"name": "x", "plan": {"between": 900}}, "plan.between"),
        ({"name": "x", "plan": {"until": "9999d"}}, "plan.until"),
        ({"name": "x", "plan": {"cron": "* * * * *"}}, "plan.cron"),
    ],
)
def test_a_bad_campaign_is_refused_by_its_field(anna, body, field):
    answer = anna.post("/campaigns", json=body)
    assert problem(answer) == (422, "invalid_body")
    assert any(error["field"].startswith(field) for error in answer.json["errors"]), answer.json["errors"]


def test_campaigns_come_newest_first_page_by_page(anna, boris):
    ids = [made(anna, name=name)["id"] for name in "abc"]
    made(boris)
    page = anna.get("/campaigns?limit=2").json
    rest = anna.get(f"/campaigns?limit=2&cursor={page['next_cursor']}").json
    assert [each["id"] for each in page["campaigns"] + rest["campaigns"]] == ids[::-1]
    assert rest["next_cursor"] is None


def test_what_is_left_out_of_a_change_stays(anna, campaign):
    changed = anna.patch(f"/campaigns/{campaign}", json={"name": "December", "ends_at": "2026-12-31T21:00:00Z"}).json
    assert (changed["name"], changed["currency"], changed["ends_at"]) == ("December", "RUB", "2026-12-31T21:00:00.000Z")
    assert anna.patch(f"/campaigns/{campaign}", json={"ends_at": None}).json["ends_at"] is None
    assert problem(anna.patch(f"/campaigns/{campaign}", json={"name": None})) == (422, "invalid_body")


def test_every_link_becomes_a_placement(anna, campaign):
    answer = add(anna, campaign)
    assert answer.status_code == 201
    assert [answer.json[name] for name in ("accepted", "duplicates", "rejected")] == [2, 1, 1]
    rows = listed(anna, campaign)["placements"]
    assert [row["link"] for row in rows] == LINKS
    assert [row["reason"] for row in rows] == [None, None, None, "unsupported"]
    assert [row["next_kind"] for row in rows] == ["first", "first", "first", None]


def test_placements_go_on_where_the_last_ones_ended(anna, campaign):
    add(anna, campaign, LINKS[:2])
    add(anna, campaign, LINKS[1:2])
    first = listed(anna, campaign, limit=2)
    rest = listed(anna, campaign, limit=2, cursor=first["next_cursor"])
    assert [row["position"] for row in first["placements"] + rest["placements"]] == [0, 1, 2]
    assert rest["next_cursor"] is None


def test_a_request_that_is_sent_again_adds_nothing(anna, campaign):
    key = {"headers": {"Idempotency-Key": "one"}}
    first, again = add(anna, campaign, **key), add(anna, campaign, **key)
    assert first.json["accepted"] == again.json["accepted"] == 2
    assert len(listed(anna, campaign)["placements"]) == len(LINKS)


def test_the_links_of_a_batch_are_taken(anna, boris, campaign):
    batch = anna.post("/batches", json={"links": LINKS}).json["id"]
    assert anna.post(f"/campaigns/{campaign}/placements", json={"batch": batch}).status_code == 201
    assert [row["link"] for row in listed(anna, campaign)["placements"]] == LINKS
    theirs = boris.post("/batches", json={"links": LINKS}).json["id"]
    assert problem(anna.post(f"/campaigns/{campaign}/placements", json={"batch": theirs})) == (404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"links": []},
        {"links": "https://vk.com/wall-1_1"},
        {"links": [1]},
        {"links": LINKS, "batch": "x"},
        {"links": ["x"] * 20_001},
    ],
)
def test_bad_placements_are_refused(anna, campaign, body):
    assert problem(anna.post(f"/campaigns/{campaign}/placements", json=body)) == (422, "invalid_body")
    assert listed(anna, campaign)["placements"] == []


@pytest.mark.parametrize("body", [{"cost": 5}, {"ends_at": "2100-01-01T00:00:00Z"}])
def test_a_change_before_the_first_reading_leaves_that_due(anna, campaign, body):
    add(anna, campaign, LINKS[:1])
    assert anna.patch(f"/campaigns/{campaign}/placements/0", json=body).json["next_kind"] == "first"
    anna.patch(f"/campaigns/{campaign}", json={"plan": PLAN})
    assert listed(anna, campaign)["placements"][0]["next_kind"] == "first"


def test_who_follows_too_much_is_told(app, anna, campaign, monkeypatch):
    monkeypatch.setattr(app.config["SETTINGS"], "most_followed_posts", 5)
    assert add(anna, campaign).status_code == 201
    assert problem(add(anna, campaign)) == (409, "follows_too_much")
    assert len(listed(anna, campaign)["placements"]) == len(LINKS)


def test_what_is_followed_counts_as_handed_in(app, anna, campaign, monkeypatch):
    monkeypatch.setattr(app.config["SETTINGS"], "most_links_per_day", 5)
    assert add(anna, campaign).status_code == 201
    assert anna.get("/users/me/usage").json["links_today"]["used"] == len(LINKS)
    assert problem(add(anna, campaign)) == (429, "quota_exceeded")


def test_numbers_that_follow_from_cost_and_views(anna, campaign):
    add(anna, campaign, LINKS[:2])
    read("wall-1_1", 2000, likes=30, comments=15, reposts=5)
    one = anna.patch(f"/campaigns/{campaign}/placements/0", json={"cost": 1500.5, "erid": "2SDnjegvUsB"}).json
    assert [one[name] for name in ("cost", "erid", "views", "er_by_views", "cpv", "cpm")] == [
        1500.5,
        "2SDnjegvUsB",
        2000,
        0.025,
        0.75025,
        750.25,
    ]
    other = anna.patch(f"/campaigns/{campaign}/placements/1", json={"cost": 10}).json
    assert [other[name] for name in ("views", "er_by_views", "cpv", "cpm")] == [None] * 4
    assert anna.patch(f"/campaigns/{campaign}/placements/0", json={"cost": None}).json["cost"] is None


def test_what_was_reported_before_is_kept(anna, campaign):
    add(anna, campaign, LINKS[:1])
    address = f"/campaigns/{campaign}/placements/0"
    assert anna.get(address).json["baseline"] is None
    assert anna.patch(address, json={"baseline": 12_345}).json["baseline"] == 12_345
    assert anna.patch(address, json={"cost": 5}).json["baseline"] == 12_345
    assert anna.patch(address, json={"baseline": None}).json["baseline"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"cost": -1},
        {"cost": "12"},
        {"paused": "yes"},
        {"paused": None},
        {},
        {"cost": "much"},
        {"cost": 1e300},
        {"erid": "short"},
        {"baseline": -1},
        {"baseline": "12"},
        {"baseline": 1.5},
        {"baseline": 10**16},
        {"erid": "a b" * 9},
        {"ends_at": 5},
        {"views": 1},
    ],
)
def test_a_bad_change_of_a_placement_is_refused(anna, campaign, body):
    add(anna, campaign)
    assert problem(anna.patch(f"/campaigns/{campaign}/placements/0", json=body)) == (422, "invalid_body")


def test_values_at_the_plans_ages(anna):
    campaign = made(anna, plan=PLAN)["id"]
    add(anna, campaign, LINKS[:1])
    with db.engine.begin() as connection:
        began = read_clock(connection) - 3 * 3600
        connection.execute(update(Post).values(published_at=int(began)))
        connection.exec_driver_sql("UPDATE followings SET since = 0")
    read("wall-1_1", 100, ago=2.5 * 3600)
    read("wall-1_1", 300, ago=1.5 * 3600)
    (shown,) = listed(anna, campaign)["placements"]
    assert list(shown["views_at"]) == ["1h"]
    value = shown["views_at"]["1h"]
    assert (value["low"], value["high"], value["basis"]) == (100, 300, "estimated")
    assert shown["views"] == 300


def test_a_paused_placement_has_no_next_point(anna, campaign):
    add(anna, campaign, LINKS[:1])
    paused = anna.patch(f"/campaigns/{campaign}/placements/0", json={"paused": True}).json
    assert (paused["paused"], paused["next_at"]) == (True, None)
    assert points.gather(db.engine) == 0
    assert anna.patch(f"/campaigns/{campaign}/placements/0", json={"paused": False}).json["next_kind"] == "first"


def test_what_has_ended_is_not_measured(anna, campaign):
    add(anna, campaign, LINKS[:1])
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(handled_until=now()))
    anna.patch(f"/campaigns/{campaign}", json={"ends_at": "2020-01-01T00:00:00Z"})
    assert listed(anna, campaign)["placements"][0]["next_at"] is None


def test_a_removed_placement_is_gone_and_its_position_is_not_used_again(anna, campaign):
    add(anna, campaign, LINKS[:2])
    assert anna.delete(f"/campaigns/{campaign}/placements/0").status_code == 204
    assert problem(anna.get(f"/campaigns/{campaign}/placements/0")) == (404, "not_found")
    add(anna, campaign, LINKS[:1])
    assert [row["position"] for row in listed(anna, campaign)["placements"]] == [1, 2]
    anna.delete(f"/campaigns/{campaign}/placements/2")
    add(anna, campaign, LINKS[:1])
    assert [row["position"] for row in listed(anna, campaign)["placements"]] == [1, 3]


def test_a_deleted_campaign_is_gone(anna, campaign):
    add(anna, campaign)
    assert anna.delete(f"/campaigns/{campaign}").status_code == 204
    assert problem(anna.get(f"/campaigns/{campaign}")) == (404, "not_found")
    assert points.gather(db.engine) == 0


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_large_campaign_goes_in_pieces_and_others_may_write_in_between(anna, campaign, monkeypatch, count):
    monkeypatch.setattr(campaigns, "PLACEMENTS_AT_ONCE", 2)
    paused = []
    monkeypatch.setattr(campaigns, "sleep", paused.append)
    add(anna, campaign, [f"https://vk.com/wall-1_{number}" for number in range(1, count + 1)])
    assert anna.delete(f"/campaigns/{campaign}").status_code == 204
    assert paused == [campaigns.PAUSE_SECONDS] * (count // 2)
    assert anna.get("/campaigns").json["campaigns"] == []


def test_what_a_link_is_too_long_for_is_kept_cut(anna, campaign):
    assert add(anna, campaign, ["https://vk.com/" + "x" * 5000]).status_code == 201
    assert len(listed(anna, campaign)["placements"][0]["link"]) <= LONGEST


def test_the_views_of_a_month(anna, campaign):
    add(anna, campaign)
    with db.engine.begin() as connection:
        began = read_clock(connection)
        connection.execute(update(Post).values(published_at=int(began - 3600)))
        connection.exec_driver_sql("UPDATE followings SET since = 0")
    read("wall-1_1", 100, ago=1800)
    here = anna.get(f"/campaigns/{campaign}").json["time_zone"]
    month = datetime.fromtimestamp(began, ZoneInfo(here)).strftime("%Y-%m")
    shown = anna.get(f"/campaigns/{campaign}/months/{month}").json
    assert (shown["finished"], shown["time_zone"]) == (False, here)
    rows = {row["position"]: (row["views"], row["flags"]) for row in shown["placements"]}
    assert rows[0] == rows[2] == (100, ["unfinished"])
    assert rows[1] == (None, ["no_reading"])
    assert 3 not in rows  # no post
    before = anna.get(f"/campaigns/{campaign}/months/2020-01").json
    assert (before["finished"], [row["flags"] for row in before["placements"]]) == (True, [["not_published"]] * 3)
    assert problem(anna.get(f"/campaigns/{campaign}/months/2026-13")) == (422, "invalid_query")


def test_who_follows_a_post_has_its_history(anna, boris, campaign):
    add(anna, campaign, LINKS[:1])
    read("wall-1_1", 100)
    history = "/posts/vk/wall-1_1/readings"
    assert [each["views"] for each in anna.get(history).json["readings"]] == [100]
    assert anna.get("/posts/vk/wall-1_1/views?at=2100-01-01T00:00:00Z").json["value"] == 100
    assert problem(boris.get(history)) == (404, "not_found")
    anna.delete(f"/campaigns/{campaign}/placements/0")
    assert problem(anna.get(history)) == (404, "not_found")
