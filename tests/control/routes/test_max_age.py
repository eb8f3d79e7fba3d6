"""`max_age`: a link whose post the user knows already ends at once, and no request is made."""

from threading import Thread

import pytest
from sqlalchemy import func, insert, select, update

from control.settings import Settings
from control.web.engine import db
from control.web.settings import settings
from crawler.queue import acceptance
from crawler.store.database import now
from crawler.store.models.accounts import Usage
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Reading
from crawler.store.models.runs import Run
from tests.control.conftest import problem

GOOD = "https://vk.com/wall-1_{}"
KEYED = "https://vk.com/video-1_5_abcdef"


@pytest.fixture
def known(app):
    """End the links of a client's new batch with readings of these ages in seconds."""

    def measure(client, *ages, link=GOOD):
        id_ = client.post("/batches", json={"links": [link.format(n) for n, _ in enumerate(ages, 1)]}).json["id"]
        with db.engine.begin() as connection:
            links = select(Link).join(Batch).where(Batch.public_id == id_).order_by(Link.position)
            rows = connection.execute(links.with_only_columns(Link.id, Link.post_id, Link.access_key)).all()
            for row, age in zip(rows, ages, strict=True):
                reading = {"post_id": row.post_id, "access_key": row.access_key, "source": "test", "http_status": 200}
                new = insert(Reading).values(**reading, views=int(age), measured_at=now() - age)
                done = {"status": "done", "reading_id": connection.execute(new.returning(Reading.id)).scalar_one()}
                connection.execute(update(Link).where(Link.id == row.id).values(views=int(age), **done))
        return id_

    return measure


def send(client, links, max_age="1h", **more):
    answer = client.post("/batches", json={"links": links, "max_age": max_age, **more})
    assert answer.status_code == 202, answer.text
    return answer.json["id"]


def views(client, batch):
    return [link["views"] for link in client.get(f"/batches/{batch}/links").json["links"]]


def today():
    with db.engine.connect() as connection:
        return connection.execute(select(func.coalesce(func.sum(Usage.links), 0))).scalar_one()


def test_what_is_fresh_is_served_and_the_rest_waits(anna, known):
    known(anna, 60, 7200)
    before = today()
    batch = send(anna, [GOOD.format(1), GOOD.format(2), GOOD.format(3), GOOD.format(1), "spam"])
    links = anna.get(f"/batches/{batch}/links").json["links"]
    assert [link["status"] for link in links] == ["done", "created", "created", "done", "failed"]
    assert [link["views"] for link in links] == [60, None, None, 60, None]
    assert links[0]["source"] == "test"
    assert links[0]["measured_at"] < links[0]["created_at"] <= links[0]["finished_at"]
    shown = anna.get(f"/batches/{batch}").json
    assert (shown["counts"]["done"], shown["state"], shown["finished_at"]) == (2, "in progress", None)
    assert today() - before == 4  # two of five count as one


def test_a_batch_without_any_post_is_taken(anna):
    batch = send(anna, ["spam"])
    assert anna.get(f"/batches/{batch}").json["counts"]["failed"] == 1


def test_a_batch_that_is_served_whole_is_over_at_once(anna, known):
    known(anna, 60, 90)
    before = today()
    batch = send(anna, [GOOD.format(1), GOOD.format(2), GOOD.format(2), "spam"])
    shown = anna.get(f"/batches/{batch}").json
    assert (shown["state"], shown["views"], shown["progress"]) == ("partial", 240, 1.0)
    assert shown["finished_at"]
    assert today() - before == 3  # one and a half, rounded up, and the refused one
    with db.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Run)).scalar_one() == 0
    again = anna.post(f"/batches/{batch}/retry", json={"only": "failed"})
    assert again.status_code == 202


def test_the_newest_is_taken_and_only_with_the_same_key(anna, known):
    known(anna, 100)
    known(anna, 50)
    known(anna, 70, link=KEYED)
    batch = send(anna, [GOOD.format(1), "https://vk.com/video-1_5", KEYED, "https://vk.com/video-1_5_fedcba"])
    assert views(anna, batch) == [50, None, 70, None]


def test_anothers_reading_serves_where_the_server_shares_them(anna, boris, known, monkeypatch):
    known(anna, 60)
    known(anna, 70, link=KEYED)
    links = [GOOD.format(1), "https://vk.com/video-1_5"]
    assert views(boris, send(boris, links)) == [None, None]
    monkeypatch.setattr(settings(), "share_readings", "on")
    assert views(boris, send(boris, links)) == [60, None]
    readings = boris.get("/posts/vk/wall-1_1/readings").json["readings"]
    assert [each["views"] for each in readings] == [60]  # whose link ended with it sees it


def test_what_served_stays_though_the_batch_it_was_read_for_goes(anna, boris, known, monkeypatch):
    first = known(anna, 60)
    monkeypatch.setattr(settings(), "share_readings", "on")
    served = send(boris, [GOOD.format(1)])
    assert anna.delete(f"/batches/{first}").status_code == 204
    assert views(boris, served) == [60]
    assert problem(anna.get("/posts/vk/wall-1_1/readings")) == (404, "not_found")
    assert boris.delete(f"/batches/{served}").status_code == 204
    with db.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Reading)).scalar_one() == 0


def test_the_same_request_sent_twice_is_served_once(anna, known):
    known(anna, 60)
    body, key = {"links": [GOOD.format(1)], "max_age": "1h"}, {"Idempotency-Key": "k"}
    first = anna.post("/batches", json=body, headers=key).json
    before = today()
    assert anna.post("/batches", json=body, headers=key).json["id"] == first["id"]
    assert today() == before
    assert problem(anna.post("/batches", json=body | {"max_age": "2h"}, headers=key))[0] == 422


@pytest.mark.parametrize("max_age", ["0", "0h", "-1h", "3650d", 3600, "1", "1 week", "", True, [], "1h30m", "١h"])
def test_what_is_no_span_is_said(anna, max_age):
    answer = anna.post("/batches", json={"links": [GOOD.format(1)], "max_age": max_age})
    assert problem(answer) == (422, "invalid_body")
    assert [error["field"] for error in answer.json["errors"]] == ["max_age"]
    assert "1h" in answer.text or "24h" in answer.text


def test_the_originals_route_does_not_know_it(anna):
    answer = anna.post("/get-views/vk", json={"links": [GOOD.format(1)], "max_age": "1h"})
    assert problem(answer) == (422, "invalid_body")


@pytest.mark.parametrize("value", ["yes", "1", "ON "])
def test_the_setting_is_on_or_off(value):
    with pytest.raises(ValueError, match="SHARE_READINGS"):
        Settings(share_readings=value, secret_key="k" * 32, scrapyd_password="p")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
def test_who_deletes_a_reading_waits_for_the_link_that_ends_with_it(anna, boris, known, monkeypatch):
    first = known(anna, 60)
    monkeypatch.setattr(settings(), "share_readings", "on")
    store, eraser = acceptance.store, Thread(target=anna.delete, args=(f"/batches/{first}",))

    def late(*given):
        eraser.start()
        eraser.join(0.5)
        assert eraser.is_alive()
        return store(*given)

    monkeypatch.setattr(acceptance, "store", late)
    served = send(boris, [GOOD.format(1)])
    eraser.join(10)
    assert anna.get(f"/batches/{first}").status_code == 404
    assert views(boris, served) == [60]
