"""A joint post has a key on each of its walls: what a user measured under any of them is one history."""

import json

import pytest
from sqlalchemy import select, update

from control.exports import growth, source
from control.exports.choice import Choice, Format
from control.reports import sparklines
from control.web.engine import db
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import KeptReading, Post, Reading
from tests.control.conftest import problem
from tests.control.routes.conftest import HOUR, LINK, PUBLISHED

FIRST, SECOND, THIRD = "wall-1_1", "wall-2_2", "wall-3_3"
OTHER = f"https://vk.com/{SECOND}"


@pytest.fixture
def joint(app):
    """Note of these posts that the platform names them by the first one's key, as a run does."""

    def note(*keys):
        with db.engine.begin() as connection:
            connection.execute(update(Post).where(Post.key.in_(keys)).values(canonical_key=FIRST))

    return note


@pytest.fixture
def measured(anna, done, joint):
    """Measure the post at five hours, under either key in turn. The last batch is returned."""
    for age in (1, 2, 3, 4, 5):
        batch = done(anna, age * HOUR, 1000 * age, link=OTHER if age % 2 else LINK)
    joint(SECOND)
    return batch


def views(client, path, **query):
    return [each["views"] for each in client.get(path, query_string=query).json["readings"]]


@pytest.mark.parametrize("key", [FIRST, SECOND])
def test_either_key_has_the_whole_history_page_after_page(anna, measured, key):
    path = f"/posts/vk/{key}/readings"
    assert views(anna, path) == [1000, 2000, 3000, 4000, 5000]
    page = anna.get(path, query_string={"limit": 2}).json
    assert views(anna, path, limit=2, cursor=page["next_cursor"]) == [3000, 4000]
    assert views(anna, path, bucket="month") == [5000]
    assert views(anna, path, since="2026-09-21T16:13:20Z", until="2026-09-21T18:13:20Z") == [2000, 3000]


@pytest.mark.parametrize("key", [FIRST, SECOND])
def test_a_value_lies_between_readings_of_both_keys(anna, measured, key):
    found = anna.get(f"/posts/vk/{key}/views", query_string={"age": "150m"}).json
    assert (found["low"], found["high"], found["basis"]) == (2000, 3000, "estimated")
    assert anna.get(f"/posts/vk/{key}/views", query_string={"age": "9h"}).json["value"] == 5000


def test_a_links_readings_its_values_and_its_files_have_both(anna, measured):
    assert views(anna, f"/batches/{measured.id}/links/0/readings") == [1000, 2000, 3000, 4000, 5000]
    path = f"/batches/{measured.id}/links"
    (link,) = anna.get(path, query_string={"ages": "150m"}).json["links"]
    assert (link["views_at"]["150m"]["low"], link["views_at"]["150m"]["high"]) == (2000, 3000)
    (row,) = anna.get(path, query_string={"format": "ndjson", "ages": "150m"}).text.splitlines()
    assert "2000" in json.dumps(json.loads(row))


def test_a_fall_is_seen_between_readings_of_both_keys(anna, done, joint, set_link):
    done(anna, HOUR, 100)
    fallen = done(anna, 2 * HOUR, 90, link=OTHER)
    (link,) = anna.get(f"/batches/{fallen.id}/links").json["links"]
    assert link["flags"] == []
    joint(SECOND)
    (link,) = anna.get(f"/batches/{fallen.id}/links").json["links"]
    assert link["flags"] == ["fell"]
    assert [each["flags"] for each in anna.get(f"/posts/vk/{FIRST}/readings").json["readings"]] == [[], ["fell"]]
    gone = anna.post("/batches", json={"links": [LINK]}).json["id"]
    set_link(gone, 0, status="failed", reason="not_found", finished_at=PUBLISHED + 1.5 * HOUR)
    (link,) = anna.get(f"/batches/{gone}/links").json["links"]
    assert link["flags"] == []  # under the other key it was there later


def test_a_small_curve_and_the_sheet_of_growth_have_both(measured):
    link = select(Link.id, Batch.user_id).join(Batch, Batch.id == Link.batch_id)
    with db.engine.connect() as connection:
        link_id, user_id = connection.execute(link.where(Batch.public_id == measured.id)).one()
        (points,) = sparklines.read(connection, user_id, [link_id]).values()
        found = source.find(connection, user_id, measured.id)
    assert [number for _, number in points] == [1000, 2000, 3000, 4000, 5000]
    (series,) = growth.series(db.engine, user_id, found, Choice(Format.XLSX))
    assert [number for _, number in series.points] == [1000, 2000, 3000, 4000, 5000]


def test_a_fresh_reading_of_either_key_ends_a_new_link(anna, boris, measured):
    body = {"links": [LINK, OTHER], "max_age": "200d"}
    served = anna.get(f"/batches/{anna.post('/batches', json=body).json['id']}/links").json["links"]
    assert [link["views"] for link in served] == [5000, 5000]
    made = boris.post("/batches", json=body).json["id"]
    assert [link["status"] for link in boris.get(f"/batches/{made}/links").json["links"]] == ["created", "created"]


def test_each_user_sees_only_what_is_theirs_of_any_key(anna, boris, measured, done):
    assert problem(boris.get(f"/posts/vk/{FIRST}/readings")) == (404, "not_found")
    done(boris, 6 * HOUR, 6000, link=OTHER)
    for key in (FIRST, SECOND):
        assert views(boris, f"/posts/vk/{key}/readings") == [6000]
        assert 6000 not in views(anna, f"/posts/vk/{key}/readings")
        found = boris.get(f"/posts/vk/{key}/views", query_string={"age": "150m"}).json
        assert (found["low"], found["high"], found["basis"]) == (None, 6000, "at_most")


def test_a_third_key_that_only_others_asked_for_answers_as_a_missing_one(anna, boris, measured, done, joint):
    done(boris, 6 * HOUR, 6000, link=f"https://vk.com/{THIRD}")
    joint(THIRD)
    missing = problem(anna.get(f"/posts/vk/{THIRD}/readings"))
    assert missing == problem(anna.get("/posts/vk/wall-9_9/readings")) == (404, "not_found")
    assert problem(boris.get(f"/posts/vk/{SECOND}/readings")) == (404, "not_found")


def test_what_was_got_with_an_access_key_stays_behind_it(anna, done, joint):
    done(anna, HOUR, 10, link=LINK)
    closed = done(anna, 2 * HOUR, 20, link=f"{OTHER}?hash=0a1b2c")
    joint(SECOND)
    assert views(anna, f"/posts/vk/{FIRST}/readings") == [10]
    assert problem(anna.get(f"/posts/vk/{SECOND}/readings")) == (404, "not_found")  # she named it with a key only
    assert views(anna, f"/batches/{closed.id}/links/0/readings") == [20]


def test_the_time_of_publication_is_known_by_any_key(anna, done, joint):
    done(anna, HOUR, 1000)
    anna.post("/batches", json={"links": [OTHER]})
    joint(SECOND)
    found = anna.get(f"/posts/vk/{SECOND}/views", query_string={"age": "1h"}).json
    assert (found["value"], found["basis"]) == (1000, "exact")


def test_mondays_reading_outlives_mondays_batch_while_tuesdays_names_the_post_otherwise(anna, boris, done, joint):
    monday, tuesday = done(anna, HOUR, 10), done(anna, 2 * HOUR, 20, link=OTHER)
    done(boris, 3 * HOUR, 30, link="https://vk.com/wall-1_7")
    joint(SECOND)
    anna.delete(f"/batches/{monday.id}")
    assert views(anna, f"/posts/vk/{SECOND}/readings") == views(anna, f"/posts/vk/{FIRST}/readings") == [10, 20]
    anna.delete(f"/batches/{tuesday.id}")
    assert problem(anna.get(f"/posts/vk/{FIRST}/readings")) == (404, "not_found")
    with db.engine.connect() as connection:
        assert connection.execute(select(Reading.views)).scalars().all() == [30]
        assert connection.execute(select(KeptReading)).all() == []
