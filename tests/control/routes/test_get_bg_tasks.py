import json

import pytest
from sqlalchemy.exc import OperationalError

from control.batches import all_links
from control.web.engine import db
from tests.control.conftest import problem


def make(client, links):
    return client.post("/batches", json={"links": links}).json["id"]


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(all_links, "ROWS_AT_ONCE", 3)


@pytest.mark.parametrize("slash", ["", "/"])
def test_nothing_yet(anna, slash):
    answer = anna.get(f"/get-bg-tasks{slash}")
    assert (answer.json, answer.content_type) == ([], "application/json")


def test_exactly_these_fields(anna, set_link):
    batch = make(anna, ["https://vk.com/wall-1_1", "https://vk.com/wall-1_2", "https://vk.com/wall-1_3", "spam"])
    set_link(batch, 0, status="done", reading={"views": 0})
    set_link(batch, 1, status="in progress")
    assert anna.get("/get-bg-tasks").json == [
        {"platform": "vk", "link": "https://vk.com/wall-1_1", "status": "done", "views": 0},
        {"platform": "vk", "link": "https://vk.com/wall-1_2", "status": "in progress", "views": None},
        {"platform": "vk", "link": "https://vk.com/wall-1_3", "status": "created", "views": None},
        {"platform": "vk", "link": "spam", "status": "failed", "views": None},
    ]


@pytest.mark.parametrize("sizes", [[1], [3], [6], [2, 1], [1, 1, 1, 1, 1, 1, 1], [7, 1, 1], [4, 5, 3, 1], [3, 3, 3]])
@pytest.mark.usefixtures("small_pages")
def test_all_links_of_the_caller_in_the_order_sent(anna, boris, sizes):
    sent = []
    for number, size in enumerate(sizes):
        links = [f"https://vk.com/wall-{number + 1}_{item + 1}" for item in range(size)]
        make(boris, ["https://vk.com/wall-9_9"])
        make(anna, links)
        sent += links
    assert [task["link"] for task in anna.get("/get-bg-tasks").json] == sent
    assert len(boris.get("/get-bg-tasks").json) == len(sizes)


@pytest.mark.usefixtures("small_pages")
def test_it_is_streamed_and_a_failure_on_the_way_leaves_no_whole_array(anna, monkeypatch):
    make(anna, [f"https://vk.com/wall-1_{item}" for item in range(1, 10)])
    answer = anna.get("/get-bg-tasks", buffered=False)
    stream = answer.iter_encoded()
    begun = next(stream)
    assert begun.count(b"wall-1_") == 3

    def fail(*_):
        raise OperationalError("SELECT", {}, Exception("disk"))

    monkeypatch.setattr(all_links, "_rest", fail)
    with pytest.raises(OperationalError):
        next(stream)
    stream.close()
    with pytest.raises(json.JSONDecodeError):
        json.loads(begun)


def test_a_database_that_fails_at_once_is_an_ordinary_error(anna, monkeypatch):
    def fail(*_):
        raise OperationalError("SELECT", {}, Exception("disk"))

    monkeypatch.setattr(all_links, "_rest", fail)
    assert problem(anna.get("/get-bg-tasks")) == (503, "database_unavailable")


@pytest.mark.usefixtures("small_pages")
def test_no_connection_is_held_while_the_client_reads(anna):
    make(anna, [f"https://vk.com/wall-1_{item}" for item in range(1, 10)])
    stream = anna.get("/get-bg-tasks", buffered=False).iter_encoded()
    next(stream)
    assert db.engine.pool.checkedout() == 0
    stream.close()
