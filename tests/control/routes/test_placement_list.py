"""The table of a campaign's placements: sorted, filtered, page by page, with what grew and what is next."""

import pytest
from sqlalchemy import insert, update

from control.campaigns import listing
from control.web.engine import db
from crawler.store.database import now, read_clock
from crawler.store.models.campaigns import FollowedPost, Point
from crawler.store.models.posts import Post
from tests.control.conftest import problem
from tests.control.routes.test_campaigns import add, listed, made, read

LINK = "https://vk.com/wall-1_{}"
VALUES = [  # by position
    {"cost": 300, "blogger": "вера", "date": "2026-10-03"},
    {"cost": 100, "blogger": "Анна", "erid": "2SDnjegvUsB"},
    {"cost": 300, "blogger": "Борис", "baseline": 5},
    {},
    {"cost": 0, "date": "2026-10-01", "ends_at": "2030-01-01T00:00:00Z"},
]


@pytest.fixture
def campaign(anna):
    id_ = made(anna)["id"]
    add(anna, id_, [LINK.format(number) for number in range(1, 6)])
    for position, values in enumerate(VALUES):
        assert not values or anna.patch(f"/campaigns/{id_}/placements/{position}", json=values).status_code == 200
    return id_


def positions(client, campaign, **query):
    return [row["position"] for row in listed(client, campaign, **query)["placements"]]


def page_by_page(client, campaign, sort, limit):
    """The positions of all placements, read page by page."""
    found, cursor = [], {}
    while cursor is not None:
        page = listed(client, campaign, sort=sort, limit=limit, **cursor)
        found += [row["position"] for row in page["placements"]]
        cursor = None if page["next_cursor"] is None else {"cursor": page["next_cursor"]}
    return found


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("position", [0, 1, 2, 3, 4]),
        ("-position", [4, 3, 2, 1, 0]),
        ("cost", [4, 1, 0, 2, 3]),
        ("-cost", [0, 2, 1, 4, 3]),
        ("date", [4, 0, 1, 2, 3]),
        ("-date", [0, 4, 1, 2, 3]),
        ("erid", [1, 0, 2, 3, 4]),
        ("-baseline", [2, 0, 1, 3, 4]),
        ("ends_at", [4, 0, 1, 2, 3]),
        ("published_at", [0, 1, 2, 3, 4]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_sorted_by_what_is_stored_page_by_page(anna, campaign, sort, order, limit):
    assert page_by_page(anna, campaign, sort, limit) == order


def test_sorted_by_publication(anna, campaign):
    with db.engine.begin() as connection:
        for item, moment in ((2, 5), (4, 1)):
            connection.execute(update(Post).where(Post.key == f"wall-1_{item}").values(published_at=moment))
    assert positions(anna, campaign, sort="published_at") == [3, 1, 0, 2, 4]


def test_a_page_whose_cursor_was_removed_is_refused_in_words(anna, campaign):
    cursor = listed(anna, campaign, sort="cost", limit=1)["next_cursor"]
    anna.delete(f"/campaigns/{campaign}/placements/{cursor}")
    assert problem(anna.get(f"/campaigns/{campaign}/placements?sort=cost&cursor={cursor}")) == (422, "invalid_query")
    assert positions(anna, campaign, cursor=cursor) == []
    assert positions(anna, campaign, cursor=2) == [3]


def test_found_by_a_text_in_any_case(anna, campaign):
    assert positions(anna, campaign, q="ВЕРА") == [0]
    assert positions(anna, campaign, q="2sdNJ") == [1]
    assert positions(anna, campaign, q="wall-1_4") == [3]
    assert positions(anna, campaign, q="%") == []


def test_found_by_what_becomes_of_them(anna, campaign):
    add(anna, campaign, ["spam"])
    address = f"/campaigns/{campaign}/placements"
    anna.patch(f"{address}/0", json={"paused": True})
    anna.patch(f"{address}/1", json={"ends_at": "2020-01-01T00:00:00Z"})
    with db.engine.begin() as connection:
        gone = update(FollowedPost).where(FollowedPost.post_id.in_(posts("wall-1_3")))
        connection.execute(gone.values(kind=None, due_at=None, missing_at=now()))
        old = update(Post).where(Post.key == "wall-1_4")
        connection.execute(old.values(published_at=int(read_clock(connection)) - 100 * 86_400))
    states = {"rejected": [5], "paused": [0], "ended": [1, 3], "missing": [2], "followed": [4]}
    for state, found in states.items():
        rows = listed(anna, campaign, state=state)["placements"]
        assert [row["position"] for row in rows] == found
        assert {row["state"] for row in rows} == {state}
    anna.patch(f"/campaigns/{campaign}", json={"ends_at": "2020-01-01T00:00:00Z"})
    assert positions(anna, campaign, state="followed") == []


def posts(key):
    with db.engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql(f"SELECT id FROM posts WHERE key = '{key}'")]


def test_what_grew_in_a_day_is_told_with_its_bounds(anna, campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Post).values(published_at=int(read_clock(connection) - 3 * 86_400)))
        connection.exec_driver_sql("UPDATE followings SET since = 0")
    for hours, views in ((26, 100), (22, 140), (0, 200)):
        read("wall-1_1", views, ago=hours * 3600)
    read("wall-1_2", 100, ago=3600)
    rows = listed(anna, campaign)["placements"]
    growth = rows[0]["growth"]
    assert (growth["low"], growth["high"], growth["basis"]) == (60, 100, "estimated")
    assert 60 < growth["views"] < 100
    assert rows[1]["growth"] is None  # nobody knows what it was a day before
    assert rows[2]["growth"] is None


def test_of_a_post_of_today_all_views_are_growth(anna, campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Post).values(published_at=int(read_clock(connection) - 3600)))
    read("wall-1_1", 70)
    growth = listed(anna, campaign)["placements"][0]["growth"]
    assert (growth["views"], growth["low"], growth["high"], growth["basis"]) == (70, 70, 70, "exact")


def test_what_is_next_is_by_ones_own_plan_whoever_else_follows_the_post(anna, boris):
    """Else everybody would see that, and when, others have the same post measured."""
    plan = {"ages": ["24h"], "month_ends": False}
    alone = made(anna, plan=plan)["id"]
    add(anna, alone, [LINK.format(1)])
    with db.engine.begin() as connection:
        began = int(read_clock(connection)) - 3600
        connection.execute(update(Post).values(published_at=began))
        connection.exec_driver_sql("UPDATE followings SET since = since - 1000")
    read("wall-1_1", 70)
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(kind=None, due_at=None, handled_until=now()))
    before = listed(anna, alone)["placements"][0]
    assert before["next_kind"] == "age"
    add(boris, made(boris, plan={"ages": ["2h"], "between": "15m"})["id"], [LINK.format(1)])
    after = listed(anna, alone)["placements"][0]
    assert (after["next_kind"], after["next_at"]) == (before["next_kind"], before["next_at"])


def test_pages_are_shorter_where_own_columns_are_large(anna, campaign, monkeypatch):
    for position in range(5):
        anna.patch(f"/campaigns/{campaign}/placements/{position}", json={"own": {"Заметка": "x" * 100}})
    monkeypatch.setattr(listing, "MOST_CHARACTERS", 400)
    page = listed(anna, campaign)
    assert [row["position"] for row in page["placements"]] == [0, 1]
    assert positions(anna, campaign, cursor=page["next_cursor"]) == [2, 3]
    monkeypatch.setattr(listing, "MOST_CHARACTERS", 10)
    assert positions(anna, campaign) == [0]


@pytest.mark.parametrize("query", ["sort=likes", "state=gone", "cursor=-1", "cursor=x", "limit=0", "q=" + "x" * 201])
def test_a_bad_query_is_refused(anna, campaign, query):
    assert problem(anna.get(f"/campaigns/{campaign}/placements?{query}")) == (422, "invalid_query")


def test_who_begins_to_follow_a_post_is_not_told_since_when_it_was_not_there_for_others(anna, boris):
    add(boris, made(boris)["id"], [LINK.format(1)])
    with db.engine.begin() as connection:
        gone = {"kind": None, "due_at": None, "missing_at": now() - 5000, "missing_times": 3}
        connection.execute(update(FollowedPost).values(gone))
    campaign = made(anna)["id"]
    add(anna, campaign, [LINK.format(1)])
    (row,) = listed(anna, campaign)["placements"]
    assert (row["state"], row["missing_since"]) == ("followed", None)
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(kind=None, due_at=None))
    (row,) = listed(anna, campaign)["placements"]
    assert (row["state"], row["missing_since"]) == ("missing", row["added_at"])


def test_points_of_the_plan_that_brought_no_number_are_told_with_the_reason(anna, campaign):
    with db.engine.begin() as connection:
        began = int(read_clock(connection)) - 2 * 86_400
        connection.execute(update(Post).values(published_at=began))
        connection.exec_driver_sql("UPDATE followings SET since = 0")
        key = {"post_id": posts("wall-1_2")[0], "access_key": "", "kind": "age"}
        times = {"made_at": began + 90_000, "settled_at": began + 90_000}
        for age in (86_400, 77_777):  # the second is of somebody else's plan
            connection.execute(insert(Point).values(**key, due_at=began + age, **times, reason="too_late"))
    rows = listed(anna, campaign)["placements"]
    assert [(each["kind"], each["reason"]) for each in rows[1]["missed"]] == [("age", "too_late")]
    assert rows[0]["missed"] == []
    (row,) = anna.get(f"/campaigns/{campaign}/missed").json["placements"]
    assert (row["position"], row["link"], row["missed"]) == (1, LINK.format(2), rows[1]["missed"])
    assert row["missed"][0]["age"] == "24h"


def test_to_go_on_counts_as_a_link_handed_in_because_it_is_measured_at_once(app, anna, campaign, monkeypatch):
    address = f"/campaigns/{campaign}/placements/0"
    monkeypatch.setattr(app.config["SETTINGS"], "most_links_per_day", 6)
    for paused, status in ((True, 200), (False, 200), (False, 200), (True, 200), (False, 429)):
        assert anna.patch(address, json={"paused": paused}).status_code == status


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_sorted_by_the_last_views_that_one_may_see(anna, campaign, limit):
    for item, views in ((2, [5, 900]), (3, [70]), (5, [800, 60])):
        for age, count in enumerate(views):
            read(f"wall-1_{item}", count, ago=-60 * age)
    for sort, order in (("views", [4, 2, 1, 0, 3]), ("-views", [1, 2, 4, 0, 3])):
        assert page_by_page(anna, campaign, sort, limit) == order
