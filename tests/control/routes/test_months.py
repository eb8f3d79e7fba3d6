"""The months of a campaign, as its user asks for them, closes them and reopens them."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from control.campaigns import month_closing, month_copies, month_report
from control.campaigns.months import Month
from control.campaigns.plan import Plan
from control.web import open_submissions
from control.web.engine import db
from crawler.store.database import now, writing
from crawler.store.models.accounts import User
from crawler.store.models.campaigns import Campaign, FollowedPost, Following, Placement, Point
from crawler.store.models.months import ClosedMonth, ClosedPlacement, ClosedValue, Reopening
from crawler.store.models.posts import Post, Reading, Wall
from tests.control.conftest import problem

DAY = 86_400
LINKS = ["https://vk.com/wall-1_1", "https://vk.com/wall-2_2", "https://vk.com/wall-1_1", "spam"]
TABLES = (ClosedMonth, ClosedValue, ClosedPlacement, Reopening)
THIS = Month.named(datetime.now(UTC).strftime("%Y-%m"), "UTC")
LAST = Month.named(THIS.before, "UTC")
OLDER = Month.named(LAST.before, "UTC")
ERID, OTHER = "2SDnjegvUsB", "2VtzqxUsWkB"


@pytest.fixture
def campaign(anna):
    """One that follows two posts, one of them twice, since long ago; all were published in the older month."""
    return followed(anna)


def followed(client, links=LINKS, published=OLDER.begin + DAY):
    made = client.post("/campaigns", json={"name": "November", "time_zone": "UTC"}).json["id"]
    assert client.post(f"/campaigns/{made}/placements", json={"links": links}).status_code == 201
    with db.engine.begin() as connection:
        connection.execute(update(Post).values(published_at=int(published)))
        connection.exec_driver_sql("UPDATE followings SET since = 0")
        connection.execute(update(FollowedPost).values(kind=None, due_at=None, handled_until=now()))
    return made


def read(at, views, key="wall-1_1"):
    """Let somebody have read a post then."""
    with db.engine.begin() as connection:
        post = connection.execute(select(Post.id).where(Post.key == key)).scalar_one()
        more = {"asked_at": at - 0.2, "measured_at": at, "source": "wall.getById 5.199", "http_status": 200}
        connection.execute(insert(Reading).values(post_id=post, views=views, **more))


def read_ends(views, key="wall-1_1"):
    """Let it have been read at the ends of the older and of the last month."""
    for month, count in zip((OLDER, LAST), views, strict=True):
        read(month.end, count, key)


def read_otherwise(views):
    """Let what was read at the last month's end have been another number."""
    with db.engine.begin() as connection:
        connection.execute(update(Reading).where(Reading.measured_at == LAST.end).values(views=views))


def report(client, campaign, month, part="", **query):
    answer = client.get(f"/campaigns/{campaign}/months/{month.name}{part}", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer


def numbers(client, campaign, month, **query):
    return [row["views"] for row in report(client, campaign, month, **query).json["placements"]]


def close(client, campaign, month):
    return client.post(f"/campaigns/{campaign}/months/{month.name}/close")


def reopen(client, campaign, month, reason="an erid was wrong"):
    return client.post(f"/campaigns/{campaign}/months/{month.name}/reopen", json={"reason": reason})


def test_a_month_has_where_its_placements_stand_and_what_they_rest_on(anna, campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Post).where(Post.key == "wall-1_1").values(owner=-1, erids=f"{ERID} {OTHER}"))
        connection.execute(insert(Wall).values(platform="vk", owner=-1, name="Cats", seen_at=0))
    read_ends([100, 250])
    row, other, _ = report(anna, campaign, LAST).json["placements"]
    assert (row["wall"], row["wall_name"], row["erids"]) == ("https://vk.com/club1", "Cats", [ERID, OTHER])
    assert (row["baseline"], row["views"], row["reported"]) == (100, 150, 250)
    evidence = row["end"]["before"]
    assert (evidence["views"], evidence["source"], evidence["http_status"]) == (250, "wall.getById 5.199", 200)
    assert evidence["asked_at"] < evidence["measured_at"] == row["end"]["at"]
    assert (other["views"], other["flags"]) == (None, ["no_reading"])


def test_a_baseline_of_the_users_stands_for_a_reading_before_the_month(anna, campaign):
    read(LAST.begin + DAY, 300)
    read(LAST.end, 500)
    row = report(anna, campaign, LAST).json["placements"][0]
    assert (row["views"], row["basis"], row["flags"]) == (None, "at_most", ["no_beginning"])
    anna.patch(f"/campaigns/{campaign}/placements/0", json={"baseline": 200})
    row = report(anna, campaign, LAST).json["placements"][0]
    assert (row["views"], row["basis"], row["flags"]) == (300, "at_most", ["baseline"])


def test_a_posts_views_count_once_and_its_costs_twice(anna, campaign):
    read_ends([100, 250])
    for at in (OLDER.end + 1, LAST.end + 1):
        read(at, 100 if at < LAST.begin + DAY else 250)
    for position, cost in ((0, 10.5), (2, 20)):
        anna.patch(f"/campaigns/{campaign}/placements/{position}", json={"cost": cost})
    found = report(anna, campaign, LAST, "/totals").json
    assert found["flags"] == {"no_reading": 1}
    assert found["without_post"] == 1
    assert found["total"] == {
        "placements": 3,
        "posts": 2,
        "unmeasured": 1,
        "views": 150,
        "low": 150,
        "high": 150,
        "basis": "exact",
        "cost": 30.5,
        "cpv": pytest.approx(30.5 / 150, abs=1e-6),
        "cpm": pytest.approx(30_500 / 150),
    }


def test_the_aliases_of_a_joint_post_are_one_post_on_two_walls(anna, campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Post).where(Post.key == "wall-2_2").values(canonical_key="wall-1_1"))
    read_ends([100, 250])
    read_ends([100, 250], "wall-2_2")
    total = report(anna, campaign, LAST, "/totals").json["total"]
    assert (total["posts"], total["views"]) == (1, 150)
    walls = report(anna, campaign, LAST, "/sums", by="wall").json["sums"]
    assert [(each["key"], each["placements"], each["views"]) for each in walls] == [
        ("https://vk.com/club1", 2, 150),
        ("https://vk.com/club2", 1, 150),
    ]


def test_sums_by_erid_come_page_by_page(anna, campaign):
    read_ends([100, 250])
    read_ends([10, 30], "wall-2_2")
    with db.engine.begin() as connection:
        connection.execute(update(Post).where(Post.key == "wall-2_2").values(erids=OTHER))
    anna.patch(f"/campaigns/{campaign}/placements/0", json={"erid": ERID})
    first = report(anna, campaign, LAST, "/sums", by="erid", limit=2).json
    rest = report(anna, campaign, LAST, "/sums", by="erid", limit=2, cursor=first["next_cursor"]).json
    sums = [(each["key"], each["placements"], each["views"]) for each in first["sums"] + rest["sums"]]
    assert sums == [("", 1, 150), (ERID, 1, 150), (OTHER, 1, 20)]
    assert rest["next_cursor"] is None


def test_what_is_not_measured_can_be_looked_at_alone(anna, campaign):
    read_ends([10, 30], "wall-2_2")
    first = report(anna, campaign, LAST, only="unmeasured", limit=1).json
    rest = report(anna, campaign, LAST, only="unmeasured", limit=1, cursor=first["next_cursor"]).json
    assert [row["position"] for row in first["placements"] + rest["placements"]] == [0, 2]
    assert rest["next_cursor"] is None


def test_months_are_listed_from_the_one_in_which_the_campaign_was_made(anna, campaign):
    with db.engine.begin() as connection:
        connection.execute(update(Campaign).values(created_at=OLDER.begin + 5 * DAY))
    assert close(anna, campaign, OLDER).status_code == 200
    found = anna.get(f"/campaigns/{campaign}/months").json["months"]
    assert [(each["month"], each["state"]) for each in found] == [
        (OLDER.name, "closed"),
        (LAST.name, "open"),
        (THIS.name, "unfinished"),
    ]
    (closing,) = found[0]["closings"]
    assert (closing["version"], closing["closed_by"], closing["reason"]) == (1, "anna", None)


def test_a_closed_month_is_the_same_for_ever(anna, campaign):
    read_ends([100, 250])
    assert close(anna, campaign, LAST).json["state"] == "closed"
    parts = ("", "/totals", "/sums?by=wall", "/sums?by=erid", "?only=unmeasured")
    pages = {part: anna.get(f"/campaigns/{campaign}/months/{LAST.name}{part}").data for part in parts}
    read(LAST.end - 5, 9_000)
    with db.engine.begin() as connection:
        connection.execute(update(Post).values(erids="x", owner=5, published_at=7, canonical_key="wall-9_9"))
        connection.execute(delete(Reading).where(Reading.views == 250))
    anna.patch(f"/campaigns/{campaign}", json={"time_zone": "Asia/Tokyo", "currency": "KZT"})
    anna.patch(f"/campaigns/{campaign}/placements/0", json={"cost": 5, "erid": ERID, "baseline": 7})
    anna.delete(f"/campaigns/{campaign}/placements/1")
    for part, before in pages.items():
        assert anna.get(f"/campaigns/{campaign}/months/{LAST.name}{part}").data == before, part
    assert json.loads(pages[""])["placements"][0]["views"] == 150


def test_a_closed_month_says_what_the_open_one_said(anna, campaign):
    read_ends([100, 250])
    read(OLDER.end + 60, 120, "wall-2_2")
    heads = ("version", "closed_at", "closed_by")
    parts = ("", "/totals", "/sums?by=wall")
    before = [anna.get(f"/campaigns/{campaign}/months/{LAST.name}{part}").json for part in parts]
    close(anna, campaign, LAST)
    after = [anna.get(f"/campaigns/{campaign}/months/{LAST.name}{part}").json for part in parts]
    for one, other in zip(before, after, strict=True):
        assert {name: one[name] for name in one if name not in heads} == {
            name: other[name] for name in other if name not in heads
        }


def test_what_is_known_later_falls_into_the_next_month(anna, campaign):
    read(OLDER.end - 3600, 90)
    assert numbers(anna, campaign, OLDER)[0] == 90
    close(anna, campaign, OLDER)
    read(OLDER.end - 60, 100)  # a link of the user's that ended late
    read(LAST.end, 250)
    assert numbers(anna, campaign, OLDER)[0] == 90
    row = report(anna, campaign, LAST).json["placements"][0]
    assert (row["baseline"], row["views"], row["reported"]) == (90, 160, 250)
    assert (row["begin"]["value"], row["begin"]["basis"]) == (90, "at_least")


def test_each_end_is_stored_once_and_used_by_both_months(anna, campaign):
    read_ends([100, 250])
    read_ends([10, 30], "wall-2_2")
    close(anna, campaign, OLDER)
    close(anna, campaign, LAST)
    with db.engine.begin() as connection:
        rows = connection.execute(select(ClosedValue.post_id, ClosedValue.at)).all()
    assert len(rows) == len(set(rows)) == 2 * 3
    assert numbers(anna, campaign, OLDER)[0] + numbers(anna, campaign, LAST)[0] == 250


def test_what_was_reported_before_a_fall_is_made_up_before_anything_counts(anna, campaign):
    read_ends([500, 300])
    read(THIS.begin + 1, 300)
    close(anna, campaign, OLDER)
    row = report(anna, campaign, LAST).json["placements"][0]
    assert (row["views"], row["flags"], row["reported"]) == (0, ["fell"], 500)
    close(anna, campaign, LAST)
    read(THIS.begin + 2, 520)
    row = report(anna, campaign, THIS).json["placements"][0]
    assert (row["baseline"], row["begin"]["value"], row["views"]) == (500, 300, 20)
    assert set(row["flags"]) == {"made_up", "unfinished"}


def test_a_post_that_was_removed_and_added_again_is_not_reported_again(anna, campaign):
    read_ends([100, 250])
    close(anna, campaign, OLDER)
    for position in (0, 2):
        anna.delete(f"/campaigns/{campaign}/placements/{position}")
    anna.post(f"/campaigns/{campaign}/placements", json={"links": LINKS[:1]})
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE followings SET since = 0")
    read(LAST.end, 250)
    row = report(anna, campaign, LAST).json["placements"][-1]
    assert (row["position"], row["baseline"], row["views"]) == (4, 100, 150)


def test_a_month_that_nobody_closed_between_two_that_are_is_in_neither(anna, campaign):
    read(OLDER.begin + 2 * DAY, 100)
    before = Month.named(OLDER.before, "UTC")
    with db.engine.begin() as connection:
        connection.execute(update(Post).values(published_at=int(before.begin)))
    read(before.begin + DAY, 90)
    close(anna, campaign, before)
    read(OLDER.end, 400)
    read(LAST.end, 450)
    assert numbers(anna, campaign, LAST)[0] == 50


def test_after_a_change_of_zone_a_month_begins_where_the_one_before_ended(anna, campaign):
    close(anna, campaign, OLDER)
    anna.patch(f"/campaigns/{campaign}", json={"time_zone": "Asia/Tokyo"})
    shown = report(anna, campaign, LAST).json
    assert shown["begins_at"] == report(anna, campaign, OLDER).json["ends_at"]
    assert shown["ends_at"].endswith("T15:00:00.000Z")


def test_a_post_that_went_says_so_and_when(anna, campaign):
    read(OLDER.end, 100)
    read(LAST.begin + DAY, 130)
    gone_at = LAST.begin + 2 * DAY
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(missing_at=gone_at))
    row = report(anna, campaign, LAST).json["placements"][0]
    assert (row["views"], row["basis"], row["flags"]) == (30, "at_least", ["no_end"])
    assert row["gone_at"] == datetime.fromtimestamp(gone_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert report(anna, campaign, OLDER).json["placements"][0]["gone_at"] is None


def test_what_others_found_before_a_placement_followed_the_post_is_not_told(anna, campaign):
    read(OLDER.end, 100)
    missing, since = LAST.begin + DAY, LAST.begin + 9 * DAY
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(missing_at=missing))
        connection.execute(update(Following).values(since=since))
    row = report(anna, campaign, LAST).json["placements"][0]
    assert row["gone_at"] == datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(kind="first", due_at=THIS.begin))
    assert report(anna, campaign, LAST).json["placements"][0]["gone_at"] is None


def test_a_month_that_is_not_over_cannot_be_closed(anna, campaign):
    assert problem(close(anna, campaign, THIS)) == (409, "month_unfinished")
    assert problem(close(anna, campaign, Month.named("2099-12", "UTC"))) == (409, "month_unfinished")


@pytest.mark.parametrize(("kind", "after"), [("month_begin", 0), ("age", -60), ("again", 3600)])
def test_a_month_whose_end_is_due_cannot_be_closed(anna, campaign, kind, after):
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(kind=kind, due_at=LAST.end + after))
    assert report(anna, campaign, LAST, "/totals").json["being_measured"] == 2
    assert problem(close(anna, campaign, LAST)) == (409, "month_measured")
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(kind="between", due_at=LAST.end + 700))
    assert close(anna, campaign, LAST).status_code == 200


def test_a_month_whose_end_is_being_measured_cannot_be_closed(anna, campaign):
    with db.engine.begin() as connection:
        post = connection.execute(select(Post.id).where(Post.key == "wall-1_1")).scalar_one()
        point = {"post_id": post, "access_key": "", "kind": "month_begin", "due_at": LAST.end, "made_at": LAST.end}
        connection.execute(insert(Point).values(**point))
    assert problem(close(anna, campaign, LAST)) == (409, "month_measured")
    with db.engine.begin() as connection:
        connection.execute(update(Point).values(settled_at=now(), reason="not_found"))
    assert close(anna, campaign, LAST).status_code == 200


def test_what_others_measure_is_not_waited_for_where_the_plan_has_no_month_ends(anna, campaign):
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(kind="month_begin", due_at=LAST.end))
        connection.execute(update(Campaign).values(plan=Plan((), month_ends=False).as_json()))
    assert report(anna, campaign, LAST, "/totals").json["being_measured"] == 0
    assert close(anna, campaign, LAST).status_code == 200


def test_what_ended_before_the_months_end_is_not_waited_for(anna, campaign):
    with db.engine.begin() as connection:
        connection.execute(update(FollowedPost).values(kind="month_begin", due_at=LAST.end))
        connection.execute(update(Placement).values(ends_at=LAST.end - DAY))
    assert close(anna, campaign, LAST).status_code == 200


def test_a_closed_month_is_closed_once(anna, campaign):
    first, again = close(anna, campaign, LAST), close(anna, campaign, LAST)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json == again.json
    assert [each["version"] for each in again.json["closings"]] == [1]
    assert problem(reopen(anna, campaign, OLDER)) == (409, "month_not_closed")


def test_months_are_closed_in_their_order(anna, campaign):
    close(anna, campaign, LAST)
    assert problem(close(anna, campaign, OLDER)) == (409, "later_month_closed")
    reopen(anna, campaign, LAST)
    close(anna, campaign, OLDER)
    close(anna, campaign, LAST)
    assert problem(reopen(anna, campaign, OLDER)) == (409, "later_month_closed")


def test_a_reopened_month_is_as_of_now_and_its_closing_stays(anna, campaign):
    read_ends([100, 250])
    close(anna, campaign, LAST)
    frozen = report(anna, campaign, LAST).data
    shown = reopen(anna, campaign, LAST).json
    assert shown["state"] == "reopened"
    (closing,) = shown["closings"]
    assert (closing["reopened_by"], closing["reason"]) == ("anna", "an erid was wrong")
    assert closing["closed_at"] <= closing["reopened_at"]
    anna.patch(f"/campaigns/{campaign}/placements/0", json={"erid": ERID})
    assert report(anna, campaign, LAST).json["version"] is None
    assert report(anna, campaign, LAST).json["placements"][0]["erid"] == ERID
    assert report(anna, campaign, LAST, version=1).data == frozen
    assert [each["version"] for each in close(anna, campaign, LAST).json["closings"]] == [1, 2]
    assert report(anna, campaign, LAST).json["placements"][0]["erid"] == ERID
    assert report(anna, campaign, LAST, version=1).data == frozen
    missing = anna.get(f"/campaigns/{campaign}/months/{LAST.name}?version=3")
    assert problem(missing) == (404, "not_found")


def test_what_a_reopened_month_stored_is_not_what_the_next_one_begins_with(anna, campaign):
    read(OLDER.end - 3600, 90)
    close(anna, campaign, OLDER)
    reopen(anna, campaign, OLDER)
    read(OLDER.end, 100)
    read(LAST.end, 250)
    assert numbers(anna, campaign, LAST)[0] == 150


def test_a_closing_that_is_killed_closes_nothing_and_its_rest_goes_with_the_next(anna, campaign):
    def die(*_):
        raise KeyboardInterrupt

    read_ends([100, 250])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(month_closing, "_month", die)
        with pytest.raises(KeyboardInterrupt):
            close(anna, campaign, LAST)
    assert [len(rows) for rows in left()] == [0, 4, 3, 0]
    read(LAST.end - 5, 240)
    assert report(anna, campaign, LAST).json["version"] is None
    assert close(anna, campaign, LAST).json["closings"][0]["version"] == 1
    assert [len(rows) for rows in left()] == [1, 4, 3, 0]
    assert numbers(anna, campaign, LAST) == [150, None, 150]


def change_zone():
    with db.engine.begin() as connection:
        connection.execute(update(Campaign).values(time_zone="Asia/Omsk"))


def begin_another_closing():
    with writing(db.engine) as connection:
        month_copies.begin(connection, connection.execute(select(Campaign.id)).scalar_one())


@pytest.mark.parametrize("meanwhile", [change_zone, begin_another_closing])
def test_a_closing_that_is_overtaken_closes_nothing(anna, campaign, meanwhile):
    slices = month_report.slices

    def then(*given, **more):
        yield from slices(*given, **more)
        meanwhile()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(month_report, "slices", then)
        assert problem(close(anna, campaign, LAST)) == (409, "month_changed")
    assert report(anna, campaign, LAST).json["version"] is None
    assert close(anna, campaign, LAST).status_code == 200


def test_what_is_stored_some_rows_at_a_time_is_whole(anna, monkeypatch):
    """The same post on both sides of such a cut."""
    monkeypatch.setattr(month_closing, "STORED_AT_ONCE", 2)
    campaign = followed(anna, [*LINKS, "https://vk.com/wall-2_2", "https://vk.com/wall-1_1"])
    read_ends([100, 250])
    read_ends([10, 30], "wall-2_2")
    before = report(anna, campaign, LAST, "/totals").json["total"]
    (closing,) = close(anna, campaign, LAST).json["closings"]
    assert closing["total"] == before
    assert numbers(anna, campaign, LAST) == [150, 20, 150, 20, 150]
    assert report(anna, campaign, LAST, "/totals").json["total"] == before


@pytest.mark.parametrize("reason", ["", " a", "a\n", "x" * 1001, None, 5])
def test_who_reopens_a_month_says_why(anna, campaign, reason):
    close(anna, campaign, LAST)
    assert problem(reopen(anna, campaign, LAST, reason)) == (422, "invalid_body")


def test_the_database_refuses_to_change_a_closed_month(anna, campaign):
    read_ends([100, 250])
    close(anna, campaign, OLDER)
    reopen(anna, campaign, OLDER)
    close(anna, campaign, LAST)
    orders = [
        *(f"UPDATE {table.__tablename__} SET number = number" for table in TABLES),
        *(f"DELETE FROM {table.__tablename__}" for table in TABLES),
        *(_doubled(table) for table in (ClosedValue, ClosedPlacement)),
    ]
    for order in orders:
        with pytest.raises(IntegrityError, match="closed month never changes"), writing(db.engine) as connection:
            connection.execute(text(order))


def _doubled(table):
    """Return an order that adds rows like those that are there, to the same closed month."""
    names = [column.name for column in table.__table__.columns]
    other = [
        "post_id + 900" if name == "post_id" else "position + 900" if name == "position" else name for name in names
    ]
    return (
        f"INSERT INTO {table.__tablename__} ({', '.join(names)}) SELECT {', '.join(other)} FROM {table.__tablename__}"
    )


def left():
    with db.engine.connect() as connection:
        return [connection.execute(select(table)).all() for table in TABLES]


def test_closed_months_go_with_their_campaign_and_nobody_elses(anna, boris, campaign):
    theirs = followed(boris)
    for client, each in ((anna, campaign), (boris, theirs)):
        close(client, each, OLDER)
        reopen(client, each, OLDER)
        close(client, each, LAST)
    frozen = report(boris, theirs, LAST).data
    assert anna.delete(f"/campaigns/{campaign}").status_code == 204
    assert report(boris, theirs, LAST).data == frozen
    assert boris.delete(f"/campaigns/{theirs}").status_code == 204
    assert left() == [[]] * len(TABLES)


def test_closed_months_go_with_their_user(anna, campaign):
    close(anna, campaign, LAST)
    with writing(db.engine) as connection:
        connection.execute(delete(User).where(User.username == "anna"))
    assert left() == [[]] * len(TABLES)


def test_a_user_has_one_whole_month_read_at_a_time(app, anna, campaign, monkeypatch):
    monkeypatch.setattr(open_submissions, "PATIENCE_SECONDS", 0.0)
    with db.engine.connect() as connection:
        user_id = connection.execute(select(User.id).where(User.username == "anna")).scalar_one()
    app.extensions[open_submissions.EXTENSION].working.add(user_id)
    for part in ("/totals", "/sums?by=erid", "?only=unmeasured", "/forms/vk", "/forms/vk/body"):
        answer = anna.get(f"/campaigns/{campaign}/months/{LAST.name}{part}")
        assert problem(answer) == (429, "too_many_requests"), part
    assert problem(close(anna, campaign, LAST)) == (429, "too_many_requests")
    assert problem(anna.post("/plans/price", json={"campaign": campaign})) == (429, "too_many_requests")
    assert problem(anna.get(f"/campaigns/{campaign}/placements?sort=views")) == (429, "too_many_requests")
    assert problem(anna.get(f"/campaigns/{campaign}/missed")) == (429, "too_many_requests")
    assert numbers(anna, campaign, LAST) == [None] * 3


def test_a_month_of_many_placements_is_read_page_by_page(anna):
    links = [f"https://vk.com/wall-3_{number}" for number in range(1, 30)]
    campaign = followed(anna, links)
    for _ in range(2):
        positions, cursor = [], None
        while True:
            query = {"limit": 7} | ({} if cursor is None else {"cursor": cursor})
            page = report(anna, campaign, LAST, **query).json
            positions += [row["position"] for row in page["placements"]]
            if (cursor := page["next_cursor"]) is None:
                break
        assert positions == list(range(29))
        close(anna, campaign, LAST)
