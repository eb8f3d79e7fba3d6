import json

import pytest
from sqlalchemy import select, text

from control import bg_tasks
from control.batches import derive
from control.db import db
from crawler import queue
from crawler.database import writing
from crawler.models import Link, Run, random_id
from crawler.platforms.contract import Gone, Measured
from crawler.reasons import Reason
from crawler.results import Result, save

LINKS = ["https://vk.com/wall-1_1", "spam", "https://vk.com/wall-1_2", "vk.ru/wall-1_1", "https://vk.cc/x"]


def finish(app, count=99):
    """Work on the waiting links as a spider does: odd posts are measured, even ones are gone."""
    with app.app_context():
        with writing(db.engine) as connection:
            run_id, batch_id = random_id(), connection.execute(select(Link.batch_id)).scalars().first()
            values = {"id": run_id, "batch_id": batch_id, "platform": "vk", "node": "", "state": "running"}
            connection.execute(Run.__table__.insert().values(**values, lease_until=1e12))
        results = []
        for link in queue.claim(db.engine, run_id, 60, count):
            odd = int(link.key[-1]) % 2
            outcome = Measured(int(link.key[-1]), "test", likes=3) if odd else Gone(Reason.VIEWS_HIDDEN, "why")
            results.append(Result((link.id,), link.post_id, outcome, 200))
        save(db.engine, run_id, 60, results)


def test_every_link_gets_its_row(client):
    answer = client.post("/batches", json={"links": LINKS})
    assert answer.status_code == 202
    assert answer.headers["Location"] == answer.json["url"] == f"/batches/{answer.json['id']}"
    assert (answer.json["accepted"], answer.json["duplicates"], answer.json["rejected"]) == (2, 1, 2)
    assert answer.json["duplicate_links"] == [{"position": 3, "duplicate_of": 0}]
    assert [(link["position"], link["reason"]) for link in answer.json["rejected_links"]] == [
        (1, "unsupported"),
        (4, "short_link"),
    ]
    rows = client.get(f"{answer.json['url']}/links").json["links"]
    assert [row["link"] for row in rows] == LINKS
    assert [row["status"] for row in rows] == ["created", "failed", "created", "created", "failed"]
    assert rows[3]["post"] == "https://vk.com/wall-1_1"


def test_progress_and_rows(app, client):
    url = client.post("/batches", json={"links": LINKS}).json["url"]
    before = client.get(url).json
    assert (before["state"], before["progress"]) == ("created", 0.4)
    finish(app)
    after = client.get(url).json
    assert (after["state"], after["progress"]) == ("partial", 1.0)
    assert after["counts"] == {"created": 0, "in progress": 0, "done": 2, "failed": 3}
    rows = client.get(f"{url}/links").json["links"]
    assert [(row["views"], row["likes"], row["reason"]) for row in rows] == [
        (1, 3, None),
        (None, None, "unsupported"),
        (None, None, "views_hidden"),
        (1, 3, None),
        (None, None, "short_link"),
    ]
    assert rows[2]["message"] == Reason.VIEWS_HIDDEN.sentence
    assert rows[0]["measured_at"].endswith("Z")


def test_pages_of_links(client):
    url = client.post("/batches", json={"links": [f"wall-1_{item}" for item in range(1, 8)]}).json["url"]
    seen, cursor = [], -1
    while cursor is not None:
        page = client.get(f"{url}/links?limit=3&cursor={cursor}").json
        assert len(page["links"]) <= 3
        seen += [row["position"] for row in page["links"]]
        cursor = page["next_cursor"]
    assert seen == list(range(7))


def test_links_of_one_status(client):
    url = client.post("/batches", json={"links": LINKS}).json["url"]
    assert [row["position"] for row in client.get(f"{url}/links?status=failed").json["links"]] == [1, 4]
    assert client.get(f"{url}/links?status=in progress").json["links"] == []


@pytest.mark.parametrize("query", ["status=open", "limit=0", "limit=5000", "limit=x", "cursor=x", "cursor=-9"])
def test_a_wrong_query_is_named(client, query):
    url = client.post("/batches", json={"links": LINKS}).json["url"]
    answer = client.get(f"{url}/links?{query}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == query.partition("=")[0]


def test_pages_of_batches_newest_first(client):
    made = [client.post("/batches", json={"links": ["wall-1_1"]}).json["id"] for _ in range(5)]
    first = client.get("/batches?limit=3").json
    second = client.get(f"/batches?limit=3&cursor={first['next_cursor']}").json
    assert [batch["id"] for batch in first["batches"] + second["batches"]] == made[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("id_", ["x", "0" * 32, "1", "%00", "%F0%9F%8E%88", "'--", "a" * 5000, "links", "..%2fx"])
def test_any_other_id_is_404(client, id_):
    for path in (f"/batches/{id_}", f"/batches/{id_}/links"):
        answer = client.get(path)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_nobody_sees_the_batches_of_others(login):
    mine, other = login("mine"), login("other")
    url = mine.post("/batches", json={"links": LINKS}).json["url"]
    assert mine.get(url).status_code == 200
    assert other.get(url).status_code == other.get(f"{url}/links").status_code == 404
    assert other.get("/batches").json["batches"] == []
    assert other.get("/get-bg-tasks").json == []
    assert other.get(f"/batches?cursor={url.rpartition('/')[2]}").status_code == 404


def test_the_original_routes(client):
    answer = client.post("/get-views/vk/", json={"links": LINKS})
    assert answer.status_code == 200
    assert answer.json["message"]
    assert {"id", "url", "accepted", "duplicates", "rejected"} < answer.json.keys()
    client.post("/get-views/vk", json={"links": ["wall-1_9"]})
    tasks = client.get("/get-bg-tasks/").json
    assert [task["link"] for task in tasks] == [*LINKS, "wall-1_9"]
    assert tasks[1] == {"platform": "vk", "link": "spam", "status": "failed", "views": None}


def test_all_tasks_come_in_order_however_many(app, client, monkeypatch):
    monkeypatch.setattr(bg_tasks, "AT_ONCE", 7)
    links = [f"wall-1_{item}" for item in range(1, 31)]
    for start in (0, 10, 20):
        client.post("/get-views/vk", json={"links": links[start : start + 10]})
    finish(app)
    assert [task["link"] for task in client.get("/get-bg-tasks").json] == links


def test_an_answer_that_breaks_off_is_no_whole_one(app, client, monkeypatch):
    monkeypatch.setattr(bg_tasks, "AT_ONCE", 2)
    client.post("/get-views/vk", json={"links": [f"wall-1_{item}" for item in range(1, 9)]})
    answer = client.get("/get-bg-tasks", buffered=False)
    chunks = answer.iter_encoded()
    received = next(chunks) + next(chunks)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE links RENAME TO gone"))
    with pytest.raises(Exception, match="no such table"):
        list(chunks)
    with pytest.raises(json.JSONDecodeError):
        json.loads(received)


@pytest.mark.parametrize("link", ["a\0b", "\ud800", "x" * 3000, "", "https://vk.com/wall-1_" + "9" * 3000])
def test_a_link_that_cannot_be_stored_as_it_is_gets_its_row_too(client, link):
    url = client.post("/batches", json={"links": [link, "wall-1_1"]}).json["url"]
    rows = client.get(f"{url}/links").json["links"]
    assert [row["status"] for row in rows] == ["failed", "created"]
    assert rows[0]["reason"] == "invalid_link"
    assert len(rows[0]["link"]) <= 2048


@pytest.mark.parametrize("route", ["/batches", "/get-views/vk"])
@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"links": []}, "no_links", "links"),
        ({"links": ["x"] * 100_001}, "too_many_links", "links"),
        ({"links": "wall-1_1"}, "invalid_request", "links"),
        ({"links": ["wall-1_1", 5]}, "invalid_request", "links.1"),
        ({"links": [None]}, "invalid_request", "links.0"),
        ({}, "invalid_request", "links"),
        ([], "invalid_request", "body"),
    ],
)
def test_wrong_bodies(client, route, body, code, field):
    answer = client.post(route, json=body)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert answer.json["errors"][0]["field"] == field
    assert client.get("/get-bg-tasks").json == []


def test_unknown_fields_are_refused(client):
    answer = client.post("/batches", json={"links": ["wall-1_1"], "priority": 5})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "priority")


@pytest.mark.parametrize(
    ("counts", "rejected", "cancelled", "state"),
    [
        ((5, 0, 0, 0), 0, 0, "created"),
        ((5, 0, 0, 2), 2, 0, "created"),
        ((5, 0, 0, 2), 1, 0, "in progress"),
        ((5, 1, 0, 0), 0, 0, "in progress"),
        ((5, 0, 1, 0), 0, 0, "in progress"),
        ((0, 0, 5, 0), 0, 0, "done"),
        ((0, 0, 5, 1), 0, 0, "partial"),
        ((0, 0, 0, 1), 1, 0, "failed"),
        ((0, 0, 5, 1), 0, 1, "cancelled"),
    ],
)
def test_a_state_is_derived(counts, rejected, cancelled, state):
    words = ("created", "in progress", "done", "failed")
    assert derive(dict(zip(words, counts, strict=True)), rejected, cancelled) == state
