"""A post's readings and values as its user sees them, and nobody else."""

import pytest
from sqlalchemy import update

from control.web.engine import db
from crawler.store.models.posts import Post
from tests.control.conftest import problem
from tests.control.routes.conftest import HOUR, LINK, PUBLISHED

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql", "partitioned"], indirect=True)

READINGS = "/posts/vk/wall-1_1/readings"
VIEWS = "/posts/vk/wall-1_1/views"


def views(client, path=READINGS, **query):
    return [each["views"] for each in client.get(path, query_string=query).json["readings"]]


def test_readings_come_oldest_first_and_page_after_page(anna, done):
    for age, number in ((3 * HOUR, 30), (HOUR, 10), (2 * HOUR, 20)):
        done(anna, age, number, likes=1)
    assert views(anna) == [10, 20, 30]
    seen, cursor = [], {}
    while True:
        page = anna.get(READINGS, query_string={"limit": 1, **cursor}).json
        seen += [each["views"] for each in page["readings"]]
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [10, 20, 30]
    (first, *_) = anna.get(READINGS).json["readings"]
    assert first == {
        "measured_at": "2026-09-21T15:13:20.000Z",
        "views": 10,
        "likes": 1,
        "comments": None,
        "reposts": None,
        "source": "test",
        "flags": [],
    }


def test_a_bucket_is_its_last_reading(anna, done):
    for age, number in ((60, 1), (120, 2), (HOUR, 3), (40 * HOUR, 4), (30 * 24 * HOUR, 5)):
        done(anna, age, number)
    assert views(anna, bucket="1h") == [2, 3, 4, 5]
    assert views(anna, bucket="1d") == [3, 4, 5]
    assert views(anna, bucket="month") == [4, 5]
    assert views(anna, since="2026-09-21T15:13:20Z", until="2026-10-01T00:00:00Z") == [3, 4]


def test_a_fall_and_a_moment_without_likes_are_flags(anna, done):
    for age, number, likes in ((1, 100, 5), (2, 90, 5), (3, 95, 0)):
        done(anna, age, number, likes=likes)
    page = anna.get(READINGS).json["readings"]
    assert [each["flags"] for each in page] == [[], ["fell"], ["likes_zero"]]
    assert anna.get(READINGS, query_string={"since": "2026-09-21T14:13:22Z"}).json["readings"][0]["flags"] == ["fell"]


def test_an_edit_and_an_erid_that_is_gone_are_flags_of_the_reading_that_saw_them(anna, boris, done):
    for age in (HOUR, 2 * HOUR, 3 * HOUR):
        batch = done(anna, age, 100)
    done(boris, 3 * HOUR, 100)
    with db.engine.begin() as connection:
        said = {"edited_at": PUBLISHED + 5000, "erid_lost_at": PUBLISHED + 2 * HOUR}
        connection.execute(update(Post).values(**said))
    assert [each["flags"] for each in anna.get(READINGS).json["readings"]] == [[], ["edited", "erid_lost"], []]
    assert [each["flags"] for each in boris.get(READINGS).json["readings"]] == [[]]
    assert anna.get(f"/batches/{batch.id}/links").json["links"][0]["flags"] == []


def test_lists_have_the_flags_of_the_reading_and_of_its_post(anna, boris, done, set_link):
    first, second = done(anna, HOUR, 100), done(anna, 2 * HOUR, 90)
    other = done(boris, HOUR, 100)

    def flags(client, batch):
        return client.get(f"/batches/{batch}/links").json["links"][0]["flags"]

    assert (flags(anna, first.id), flags(anna, second.id), flags(boris, other.id)) == ([], ["fell"], [])
    third = anna.post("/batches", json={"links": [LINK]}).json["id"]
    assert flags(anna, third) == []
    set_link(third, 0, status="failed", reason="not_found", finished_at=PUBLISHED + 3 * HOUR)
    assert (flags(anna, first.id), flags(anna, second.id), flags(anna, third)) == (["gone"], ["fell", "gone"], ["gone"])
    assert flags(boris, other.id) == []
    done(anna, 4 * HOUR, 95)
    assert flags(anna, third) == []  # it is back


def test_a_user_sees_what_links_of_theirs_ended_with(anna, boris, done):
    done(anna, HOUR, 10)
    assert problem(boris.get(READINGS)) == (404, "not_found")
    done(boris, 2 * HOUR, 20)
    done(anna, 3 * HOUR, 30)
    assert (views(anna), views(boris)) == ([10, 30], [20])
    assert anna.get(VIEWS, query_string={"age": "2h"}).json["before"]["views"] == 10


def test_what_was_got_with_a_key_is_seen_with_it_only(anna, done):
    open_ = "https://vk.com/video-1_5"
    closed = done(anna, HOUR, 10, link=f"{open_}_abcdef")
    path = "/posts/vk/video-1_5/readings"
    assert problem(anna.get(path)) == (404, "not_found")
    done(anna, HOUR, 20, link=open_)
    assert views(anna, path) == [20]
    assert views(anna, f"/batches/{closed.id}/links/0/readings") == [10]


def test_mondays_reading_outlives_mondays_batch(anna, boris, done):
    monday, tuesday = done(anna, HOUR, 10), done(anna, 2 * HOUR, 20)
    done(boris, 3 * HOUR, 30)
    anna.delete(f"/batches/{monday.id}")
    assert (views(anna), views(boris)) == ([10, 20], [30])
    anna.delete(f"/batches/{tuesday.id}")
    assert problem(anna.get(READINGS)) == (404, "not_found")
    done(anna, 4 * HOUR, 40)
    assert (views(anna), views(boris)) == ([40], [30])


@pytest.mark.parametrize(
    ("query", "value", "basis"),
    [
        ({"age": "2h"}, 1500, "estimated"),
        ({"age": "1h"}, 1000, "exact"),
        ({"at": "2026-09-21T14:13:20Z"}, 0, "exact"),
        ({"at": "2026-09-21T17:13:19+03:00"}, 0, "exact"),
        ({"age": "5h"}, 2000, "at_least"),
        ({"age": "30m"}, 1000, "at_most"),
    ],
)
def test_the_value_at_a_moment_and_an_age(anna, done, query, value, basis):
    done(anna, HOUR, 1000)
    done(anna, 4 * HOUR, 2000)
    found = anna.get(VIEWS, query_string=query).json
    assert (found["value"], found["basis"]) == (value, basis)


def test_without_a_publication_time_there_is_no_age(anna):
    anna.post("/batches", json={"links": [LINK]})
    found = anna.get(VIEWS, query_string={"age": "24h"}).json
    assert (found["value"], found["basis"], found["flags"]) == (None, "none", ["no_publication_time"])
    assert anna.get(VIEWS, query_string={"at": "2026-09-21T15:13:20Z"}).json["basis"] == "none"


@pytest.mark.parametrize(
    "query", [{}, {"at": "2026-09-21T15:13:20Z", "age": "1h"}, {"at": "yesterday"}, {"age": "-1h"}]
)
def test_a_bad_question_is_told_what_to_send(anna, query):
    anna.post("/batches", json={"links": [LINK]})
    assert problem(anna.get(VIEWS, query_string=query)) == (422, "invalid_query")


def test_a_refused_link_has_no_history(anna):
    id_ = anna.post("/batches", json={"links": ["spam", LINK]}).json["id"]
    assert problem(anna.get(f"/batches/{id_}/links/0/readings")) == (404, "not_found")
    assert anna.get(f"/batches/{id_}/links/1/readings").json == {"readings": [], "next_cursor": None}


def test_a_batch_shows_its_posts_views_at_ages(anna, done):
    done(anna, HOUR, 1000)
    last = done(anna, 4 * HOUR, 2000)
    (link,) = anna.get(f"/batches/{last.id}/links", query_string={"ages": "2h,1h,7d"}).json["links"]
    assert {age: (at["value"], at["basis"]) for age, at in link["views_at"].items()} == {
        "2h": (1500, "estimated"),
        "1h": (1000, "exact"),
        "7d": (2000, "at_least"),
    }
    assert link["published_at"] == "2026-09-21T14:13:20.000Z"
    assert anna.get(f"/batches/{last.id}/links").json["links"][0]["views_at"] is None


def test_of_a_post_of_unknown_age_and_of_no_post_nothing_is_made_up(anna):
    id_ = anna.post("/batches", json={"links": ["spam", LINK]}).json["id"]
    links = anna.get(f"/batches/{id_}/links", query_string={"ages": "24h"}).json["links"]
    assert [link["views_at"] and link["views_at"]["24h"]["basis"] for link in links] == [None, "none"]
    assert problem(anna.get(f"/batches/{id_}/links", query_string={"ages": "soon"})) == (422, "invalid_query")
