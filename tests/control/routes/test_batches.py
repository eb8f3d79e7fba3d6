import re

import pytest
from sqlalchemy import event, func, select, update

from control.batches.progress import State, state
from control.web.engine import db
from crawler.queue.erasure import erase_batch
from crawler.store.database import now, writing
from crawler.store.models.batches import Batch, Part
from crawler.store.models.posts import Post
from tests.control.conftest import problem

LINKS = ["https://vk.com/wall-1_1", "https://example.com/", "https://vk.com/wall-1_2", "vk.com/wall-1_1"]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def make(client, links=LINKS):
    answer = client.post("/batches", json={"links": links})
    assert answer.status_code == 202, answer.text
    return answer.json


def rows(client, batch, **query):
    return client.get(f"/batches/{batch['id']}/links", query_string=query).json


@pytest.mark.parametrize("slash", ["", "/"])
def test_links_are_accepted_and_the_bad_ones_explained(anna, slash):
    answer = anna.post(f"/batches{slash}", json={"links": LINKS})
    assert answer.status_code == 202
    assert answer.headers["Location"] == answer.json["url"]
    assert answer.json["url"].endswith(f"/batches/{answer.json['id']}")
    assert {name: answer.json[name] for name in ("accepted", "duplicates", "rejected")} == {
        "accepted": 2,
        "duplicates": 1,
        "rejected": 1,
    }
    assert answer.json["duplicate_links"] == [{"position": 3, "duplicate_of": 0}]
    (rejected,) = answer.json["rejected_links"]
    assert rejected.pop("advice").startswith("The link does not lead to VK")
    assert rejected == {
        "position": 1,
        "link": "https://example.com/",
        "reason": "invalid_link",
        "detail": "bad_host",
    }


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_new_batch(anna, slash):
    batch = make(anna)
    shown = anna.get(f"/batches/{batch['id']}{slash}").json
    assert shown["state"] == "created"
    assert shown["counts"] == {"created": 3, "in progress": 0, "done": 0, "failed": 1}
    assert (shown["links"], shown["progress"], shown["finished_at"]) == (4, 0.25, None)
    assert (shown["waiting_for"], shown["waiting_until"]) == (None, None)
    assert MOMENT.fullmatch(shown["created_at"])
    assert MOMENT.fullmatch(shown["deadline_at"])
    assert shown["created_at"] < shown["deadline_at"]


def test_what_keeps_a_batch_waiting_is_shown_while_it_does(anna):
    batch = make(anna)
    with db.engine.begin() as connection:
        connection.execute(update(Part).values(waiting_for="captcha", waiting_until=now() + 60))
    shown = anna.get(f"/batches/{batch['id']}").json
    assert shown["waiting_for"] == "captcha"
    assert MOMENT.fullmatch(shown["waiting_until"])
    with db.engine.begin() as connection:
        connection.execute(update(Part).values(waiting_until=now() - 1))
    assert anna.get(f"/batches/{batch['id']}").json["waiting_for"] is None


@pytest.mark.parametrize(
    ("counts", "worked", "cancelled", "expected"),
    [
        ((2, 0, 0, 0), False, False, State.CREATED),
        ((2, 0, 0, 1), False, False, State.CREATED),
        ((2, 0, 0, 1), True, False, State.IN_PROGRESS),
        ((1, 1, 0, 0), False, False, State.IN_PROGRESS),
        ((1, 0, 1, 0), False, False, State.IN_PROGRESS),
        ((0, 1, 0, 1), True, True, State.IN_PROGRESS),
        ((0, 0, 2, 0), False, False, State.DONE),
        ((0, 0, 1, 1), True, False, State.PARTIAL),
        ((0, 0, 1, 1), False, False, State.PARTIAL),
        ((0, 0, 0, 2), True, False, State.FAILED),
        ((0, 0, 0, 2), False, False, State.FAILED),
        ((0, 0, 1, 1), True, True, State.CANCELLED),
        ((0, 0, 0, 2), True, True, State.CANCELLED),
    ],
)
def test_the_state_is_derived_from_the_links(counts, worked, cancelled, expected):
    counts = dict(zip(("created", "in progress", "done", "failed"), counts, strict=True))
    assert state(counts, worked=worked, cancelled=cancelled) is expected


def test_a_batch_on_its_way(anna, set_link):
    batch = make(anna)
    seen = []
    for position, values in [
        (0, {"status": "in progress"}),
        (0, {"status": "done", "reading": {"views": 7}}),
        (2, {"status": "failed", "reason": "not_found"}),
        (3, {"status": "failed", "reason": "cancelled"}),
    ]:
        set_link(batch["id"], position, **values)
        seen.append(anna.get(f"/batches/{batch['id']}").json)
    assert [shown["state"] for shown in seen] == ["in progress", "in progress", "in progress", "cancelled"]
    assert [shown["progress"] for shown in seen] == [0.25, 0.5, 0.75, 1.0]


def test_a_batch_of_bad_links_only_is_over_at_once(anna):
    shown = anna.get(f"/batches/{make(anna, ['spam', ''])['id']}").json
    assert (shown["state"], shown["progress"]) == ("failed", 1.0)
    assert MOMENT.fullmatch(shown["finished_at"])


def test_the_rows_of_a_batch(anna, set_link):
    batch = make(anna)
    reading = {"views": 0, "likes": 2, "reposts": 2**40}
    set_link(batch["id"], 0, status="done", reading=reading, finished_at=1.5)
    set_link(batch["id"], 2, status="failed", reason="views_hidden")
    page = rows(anna, batch)
    assert page["next_cursor"] is None
    done, rejected, hidden, duplicate = page["links"]
    assert [row["position"] for row in page["links"]] == [0, 1, 2, 3]
    assert [row["link"] for row in page["links"]] == LINKS
    assert [row["post"] for row in page["links"]] == [LINKS[0], None, LINKS[2], LINKS[0]]
    assert [row["status"] for row in page["links"]] == ["done", "failed", "failed", "created"]
    assert {name: done[name] for name in ("views", "likes", "comments", "reposts", "source", "reason")} == {
        "views": 0,
        "likes": 2,
        "comments": None,
        "reposts": 2**40,
        "source": "test",
        "reason": None,
    }
    assert done["finished_at"] == "1970-01-01T00:00:01.500Z"
    assert MOMENT.fullmatch(done["measured_at"])
    assert (rejected["reason"], rejected["detail"]) == ("invalid_link", "bad_host")
    assert rejected["advice"].startswith("The link does not lead to VK")
    assert (hidden["reason"], hidden["views"]) == ("views_hidden", None)
    assert hidden["advice"] == "The post is there, but shows no exact view count."
    assert duplicate["duplicate_of"] == 0


def test_two_links_to_one_joint_post_are_told_to_be_one(anna, set_link):
    batch = make(anna, ["https://vk.com/wall-1_1", "https://vk.com/wall-2_2", "https://vk.com/wall-3_3"])
    with db.engine.begin() as connection:
        connection.execute(update(Post).where(Post.key == "wall-2_2").values(canonical_key="wall-1_1"))
    assert [(row["post"], row["joint_post"]) for row in rows(anna, batch)["links"]] == [
        ("https://vk.com/wall-1_1", None),
        ("https://vk.com/wall-2_2", "https://vk.com/wall-1_1"),
        ("https://vk.com/wall-3_3", None),
    ]


def test_rows_page_by_page_and_by_status(anna):
    batch = make(anna, [f"https://vk.com/wall-1_{item}" if item % 3 else "spam" for item in range(1, 11)])
    positions, cursor = [], {}
    while True:
        page = rows(anna, batch, limit=4, **cursor)
        positions.append([row["position"] for row in page["links"]])
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert positions == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    failed = rows(anna, batch, status="failed", limit=2)
    assert [row["position"] for row in failed["links"]] == [2, 5]
    rest = rows(anna, batch, status="failed", limit=2, cursor=failed["next_cursor"])
    assert ([row["position"] for row in rest["links"]], rest["next_cursor"]) == ([8], None)
    assert rows(anna, batch, status="in progress")["links"] == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=x",
        "cursor=x",
        "cursor=-1",
        "cursor=1.2",
        "cursor=f1",
        "sort=url",
        "reason=x",
        f"q={'x' * 201}",
        "cursor=99999999999",
        "status=new",
        "state=done",
    ],
)
def test_a_bad_query_is_named(anna, query):
    batch = make(anna)
    answer = anna.get(f"/batches/{batch['id']}/links?{query}")
    assert problem(answer) == (422, "invalid_query")
    assert answer.get_json(force=True)["errors"][0]["field"] == query.partition("=")[0]


def test_batches_are_listed_newest_first(anna, boris):
    made = [make(anna)["id"] for _ in range(5)]
    make(boris)
    first = anna.get("/batches?limit=3").json
    assert [batch["id"] for batch in first["batches"]] == made[:1:-1]
    second = anna.get(f"/batches/?limit=3&cursor={first['next_cursor']}").json
    assert [batch["id"] for batch in second["batches"]] == made[1::-1]
    assert second["next_cursor"] is None
    assert first["batches"][0] == anna.get(f"/batches/{made[-1]}").json


def test_the_batch_of_another_is_as_unknown_as_none(anna, boris):
    id_ = make(anna)["id"]
    missing = boris.get(f"/batches/{'0' * 32}")
    for path in (f"/batches/{id_}", f"/batches/{id_}/links", f"/batches?cursor={id_}"):
        answer = boris.get(path)
        assert problem(answer) == (404, "not_found")
        assert answer.data == missing.data


@pytest.mark.parametrize("id_", ["x", "1", "%00", "%FF", "'", "..", "%2e%2e", "%F0%9F%8E%88", "x" * 3000, "%25", "-1"])
def test_whatever_is_no_id_is_not_found(anna, id_):
    assert problem(anna.get(f"/batches/{id_}")) == (404, "not_found")
    assert problem(anna.get(f"/batches/{id_}/links")) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid_body", "links"),
        ({"links": None}, "invalid_body", "links"),
        ({"links": "https://vk.com/wall-1_1"}, "invalid_body", "links"),
        ({"links": {"0": "https://vk.com/wall-1_1"}}, "invalid_body", "links"),
        ({"links": ["vk.com/wall-1_1", 5]}, "invalid_body", "links.1"),
        ({"links": ["vk.com/wall-1_1", None]}, "invalid_body", "links.1"),
        ({"links": [["vk.com/wall-1_1"]]}, "invalid_body", "links.0"),
        ({"links": ["vk.com/wall-1_1"], "status": "done"}, "invalid_body", "status"),
        ({"links": ["vk.com/wall-1_1"], "x" * 200: 1}, "invalid_body", "x" * 100),
        ({"links": ["vk.com/wall-1_1"], "\ud800": 1}, "invalid_body", ""),
        ({"links": []}, "no_links", None),
    ],
)
def test_a_bad_body_is_refused_as_a_whole(anna, body, code, field):
    answer = anna.post("/batches", json=body)
    assert problem(answer) == (422, code)
    errors = answer.get_json(force=True).get("errors", [{"field": None}])
    assert [error["field"] for error in errors] == [field]
    assert anna.get("/batches").json["batches"] == []


def test_of_many_bad_links_the_first_is_named(anna):
    body = anna.post("/batches", json={"links": ["x", *[1] * 1000]}).get_json(force=True)
    assert [error["field"] for error in body["errors"]] == ["links.1"]
    assert body["detail"] == "links.1: A link must be a string."


def test_of_many_unknown_fields_only_some_are_named(anna):
    fields = {f"unknown{number}": number for number in range(99)}
    body = anna.post("/batches", json={"links": ["x"]} | fields).get_json(force=True)
    assert len(body["errors"]) == 20
    assert body["detail"].endswith("(and 98 more)")
    assert problem(anna.post("/batches", json={"links": ["x"], "y": 1} | fields)) == (422, "invalid_body")


@pytest.mark.parametrize(
    "link", ["", " ", "\0", "\ud800", "x\udfff", "x" * 2049, "x" * 1_000_000, "'; DROP TABLE links", "🎈"]
)
def test_any_text_gets_its_row_and_spoils_nothing(anna, link):
    batch = make(anna, [link, LINKS[0]])
    assert (batch["accepted"], batch["rejected"]) == (1, 1)
    bad, good = rows(anna, batch)["links"]
    assert (bad["status"], good["status"]) == ("failed", "created")
    assert len(bad["link"]) <= 2048
    assert bad["link"] == batch["rejected_links"][0]["link"]
    assert bad["reason"] == "invalid_link" or bad["reason"] == "unsupported"
    assert bad["advice"]
    assert anna.get("/get-bg-tasks").json[0]["link"] == bad["link"]


@pytest.fixture
def deleted_meanwhile(app, anna):
    """Delete the batch as soon as somebody has read that it is there."""
    batches, after = [], ""

    def delete(_connection, _cursor, statement, *_):
        if batches and statement.startswith(after):
            batch_id = batches.pop()
            with writing(db.engine) as connection:
                erase_batch(connection, batch_id)

    def await_reader(statement="SELECT batches.id"):
        nonlocal after
        after = statement
        with db.engine.connect() as connection:
            batches.append(connection.execute(select(func.max(Batch.id))).scalar_one())

    event.listen(db.engine, "after_cursor_execute", delete)
    yield await_reader
    event.remove(db.engine, "after_cursor_execute", delete)


@pytest.mark.parametrize("path", ["", "/links"])
def test_a_batch_that_is_deleted_meanwhile_is_shown_as_it_was(anna, deleted_meanwhile, path):
    made = make(anna)
    deleted_meanwhile()
    seen = anna.get(f"/batches/{made['id']}{path}").json["links"]
    assert (len(seen) if path else seen) == len(LINKS)
    assert anna.get(f"/batches/{made['id']}{path}").status_code == 404


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # on SQLite one of the two waits
@pytest.mark.parametrize(
    ("after", "status"), [("SELECT batches.id", 404), ("SELECT batches.id, batches.public_id", 200)]
)
def test_a_finished_batch_that_is_deleted_while_it_is_cancelled(anna, deleted_meanwhile, after, status):
    """It is shown as it was where it had been read before, with its counts, and is else not there."""
    made = make(anna, ["https://example.com/"])
    deleted_meanwhile(after)
    assert anna.post(f"/batches/{made['id']}/cancel").status_code == status
