from contextlib import contextmanager

from sqlalchemy import event

from control.web.engine import db

OPEN = ["https://vk.com/wall-1_1", "https://vk.com/wall-1_2", "spam"]


def make(client, links=OPEN):
    return client.post("/batches", json={"links": links}).json["id"]


@contextmanager
def counting():
    """Collect the statements that count links."""
    found = []

    def look(_connection, _cursor, statement, *_):
        if "count(*)" in statement:
            found.append(statement)

    event.listen(db.engine, "before_cursor_execute", look)
    yield found
    event.remove(db.engine, "before_cursor_execute", look)


def test_links_of_a_closed_batch_are_counted_once(anna):
    batch = make(anna)
    shown = anna.post(f"/batches/{batch}/cancel").json
    assert shown["counts"] == {"created": 0, "in progress": 0, "done": 0, "failed": 3}
    with counting() as counted:
        assert anna.get(f"/batches/{batch}").json == shown
        assert anna.get("/batches").json["batches"] == [shown]
    assert len(counted) <= 1


def test_those_of_an_open_one_whenever_it_is_asked_for(anna, set_link):
    batch = make(anna)
    assert anna.get(f"/batches/{batch}").json["counts"]["created"] == 2
    set_link(batch, 0, status="done", reading={"views": 1})
    assert anna.get(f"/batches/{batch}").json["counts"] == {"created": 1, "in progress": 0, "done": 1, "failed": 1}
