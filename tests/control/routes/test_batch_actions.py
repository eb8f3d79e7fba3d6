from datetime import datetime
from io import BytesIO

import pytest
from sqlalchemy import func, insert, select, update

from control.web.engine import db
from crawler.exceptions import Fenced
from crawler.queue import claims, lease
from crawler.store.database import now
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch, Link
from crawler.store.models.own_columns import OwnRow
from crawler.store.models.posts import Reading
from crawler.store.models.runs import Run, RunState
from tests.control.conftest import problem

POSTS = [f"https://vk.com/wall-1_{item}" for item in range(1, 5)]
DONE = {"status": "done", "reading": {"views": 7}}
LEASE = 60.0


@pytest.fixture
def batch(anna):
    return anna.post("/batches", json={"links": [*POSTS, "spam"]}).json["id"]


@pytest.fixture
def run(batch):
    """A run of the batch with two links in hand."""
    with db.engine.begin() as connection:
        batch_id = connection.execute(select(Batch.id).where(Batch.public_id == batch)).scalar_one()
        run_id = connection.execute(
            insert(Run).values(batch_id=batch_id, platform="vk", node="").returning(Run.id)
        ).scalar_one()
    assert lease.start(db.engine, run_id, LEASE)
    claims.claim(db.engine, run_id, LEASE, 2)
    return run_id


def counts(client, batch):
    return client.get(f"/batches/{batch}").json["counts"]


def count(table):
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def failed(**values):
    return {"status": "failed", "finished_at": now()} | values


class TestCancel:
    def test_it_ends_the_run_and_every_link_that_is_not_final(self, anna, batch, run, set_link):
        set_link(batch, 0, **DONE)
        answer = anna.post(f"/batches/{batch}/cancel")
        assert (answer.status_code, answer.json["state"]) == (200, "cancelled")
        assert answer.json["finished_at"]
        assert answer.json["counts"] == {"created": 0, "in progress": 0, "done": 1, "failed": 4}
        links = anna.get(f"/batches/{batch}/links").json["links"]
        assert [link["reason"] for link in links] == [None, "cancelled", "cancelled", "cancelled", "unsupported"]
        with db.engine.connect() as connection:
            assert connection.execute(select(Run.state, Run.outcome)).one() == (RunState.FINISHED, "cancelled")
        with pytest.raises(Fenced):
            claims.claim(db.engine, run, LEASE, 2)

    def test_twice_is_once(self, anna, batch):
        first = anna.post(f"/batches/{batch}/cancel").json
        assert anna.post(f"/batches/{batch}/cancel", json={}).json == first

    def test_a_finished_batch_stays_as_it_is(self, anna, batch, set_link):
        for position in range(4):
            set_link(batch, position, **DONE)
        assert anna.post(f"/batches/{batch}/cancel").json["state"] == "partial"


class TestRetry:
    def test_retryable_links_become_a_new_batch_and_the_old_one_stays(self, anna, batch, set_link):
        set_link(batch, 0, **failed(reason="network"))
        set_link(batch, 1, **failed(reason="not_found"))
        set_link(batch, 2, **failed(reason="deadline"))
        before = anna.get(f"/batches/{batch}/links").json
        answer = anna.post(f"/batches/{batch}/retry", json={"deadline": "90s"})
        assert answer.status_code == 202
        assert answer.headers["Location"] == answer.json["url"]
        assert [answer.json[name] for name in ("accepted", "duplicates", "rejected", "retry_of")] == [2, 0, 0, batch]
        links = anna.get(f"{answer.json['url']}/links").json["links"]
        assert [link["link"] for link in links] == [POSTS[0], POSTS[2]]
        made = anna.get(answer.json["url"]).json
        assert (made["retry_of"], made["state"]) == (batch, "created")
        begin, end = (datetime.fromisoformat(made[name]) for name in ("created_at", "deadline_at"))
        assert (end - begin).total_seconds() == pytest.approx(90, abs=0.01)
        assert anna.get(f"/batches/{batch}/links").json == before

    def test_all_that_failed(self, anna, batch, set_link):
        set_link(batch, 1, **failed(reason="not_found"))
        answer = anna.post(f"/batches/{batch}/retry", json={"only": "failed"})
        assert [answer.json[name] for name in ("accepted", "duplicates", "rejected")] == [1, 0, 1]

    @pytest.mark.parametrize("body", [None, {}, {"only": "retryable"}])
    def test_nothing_to_retry(self, anna, batch, body):
        arguments = {} if body is None else {"json": body}
        assert problem(anna.post(f"/batches/{batch}/retry", **arguments)) == (422, "nothing_to_retry")

    @pytest.mark.parametrize("body", [{"only": "all"}, {"deadline": "soon"}, {"deadline": 5}, {"links": []}])
    def test_a_bad_body_is_refused(self, anna, batch, body):
        answer = anna.post(f"/batches/{batch}/retry", json=body)
        assert problem(answer) == (422, "invalid_body")
        assert answer.json["errors"][0]["field"] == next(iter(body))

    def test_with_a_key_it_happens_once(self, anna, batch, set_link):
        set_link(batch, 0, **failed(reason="network"))
        key = {"Idempotency-Key": "again"}
        first = anna.post(f"/batches/{batch}/retry", headers=key).json
        set_link(batch, 1, **failed(reason="network"))
        assert anna.post(f"/batches/{batch}/retry", headers=key).json == first
        assert count(Batch) == 2


class TestRepeat:
    def test_all_links_become_a_new_batch_and_the_old_one_stays(self, anna, batch, set_link):
        set_link(batch, 0, **DONE)
        anna.patch(f"/batches/{batch}", json={"name": "November"})
        before = anna.get(f"/batches/{batch}/links").json
        answer = anna.post(f"/batches/{batch}/repeat", json={"deadline": "90s"})
        assert (answer.status_code, answer.headers["Location"]) == (202, answer.json["url"])
        assert [answer.json[name] for name in ("accepted", "duplicates", "rejected", "repeat_of")] == [4, 0, 1, batch]
        made = anna.get(answer.json["url"]).json
        assert [made[name] for name in ("repeat_of", "retry_of", "name", "links")] == [batch, None, "November", 5]
        links = anna.get(f"{answer.json['url']}/links").json["links"]
        assert [link["link"] for link in links] == [link["link"] for link in before["links"]]
        assert [link["status"] for link in links] == [*["created"] * 4, "failed"]
        assert anna.get(f"/batches/{batch}/links").json == before

    def test_with_a_key_it_happens_once(self, anna, batch):
        key = {"Idempotency-Key": "again"}
        first = anna.post(f"/batches/{batch}/repeat", headers=key).json
        assert anna.post(f"/batches/{batch}/repeat", headers=key).json == first
        assert problem(anna.post(f"/batches/{batch}/retry", json={"only": "failed"}, headers=key))[0] == 422
        assert count(Batch) == 2

    @pytest.mark.process
    def test_own_columns_come_along_and_so_do_rows_without_a_link(self, anna):
        table = "Ссылка;Блогер\nhttps://vk.com/wall-1_1;Анна\nнет;Борис\n"
        found = anna.post("/imports", data={"file": (BytesIO(table.encode()), "a.csv")}).json
        old = anna.post(f"/imports/{found['id']}/accept").json["id"]
        new = anna.post(f"/batches/{old}/repeat").json["id"]
        assert anna.delete(f"/batches/{old}").status_code == 204
        (link, *_) = anna.get(f"/batches/{new}/links").json["links"]
        assert (link["row"], link["own"]) == (2, {"Блогер": "Анна"})
        with db.engine.connect() as connection:
            assert connection.execute(select(OwnRow.given, OwnRow.links).order_by(OwnRow.number)).all()[-1].links == 0

    @pytest.mark.parametrize("body", [{"only": "all"}, {"deadline": "soon"}, {"max_age": "1h"}])
    def test_a_bad_body_is_refused(self, anna, batch, body):
        answer = anna.post(f"/batches/{batch}/repeat", json=body)
        assert problem(answer) == (422, "invalid_body")
        assert answer.json["errors"][0]["field"] == next(iter(body))


class TestDelete:
    def test_nothing_of_the_batch_is_left(self, anna, batch, run, set_link):
        other = anna.post("/batches", json={"links": POSTS}).json["id"]
        for each in (batch, other):
            set_link(each, 0, **DONE)
        with db.engine.begin() as connection:
            connection.execute(update(Reading).where(Reading.id == 1).values(run_id=run))
        answer = anna.delete(f"/batches/{batch}")
        assert (answer.status_code, answer.data) == (204, b"")
        assert problem(anna.get(f"/batches/{batch}")) == (404, "not_found")
        assert [count(table) for table in (Batch, Link, Run)] == [1, 4, 0]
        assert count(Reading) == 2  # the other batch names the post: its history stays
        assert counts(anna, other)["done"] == 1
        with pytest.raises(Fenced):
            claims.claim(db.engine, run, LEASE, 2)

    def test_readings_go_though_their_run_went_before(self, anna, batch, set_link):
        set_link(batch, 0, **DONE)
        anna.delete(f"/batches/{batch}")
        assert count(Reading) == 0

    def test_a_second_time_it_is_not_there(self, anna, batch):
        anna.delete(f"/batches/{batch}")
        assert problem(anna.delete(f"/batches/{batch}")) == (404, "not_found")


@pytest.mark.parametrize(("method", "path"), [("POST", "/cancel"), ("POST", "/retry"), ("DELETE", "")])
def test_another_users_batch_is_answered_as_a_missing_one(anna, boris, batch, method, path):
    foreign = boris.open(f"/batches/{batch}{path}", method=method)
    missing = boris.open(f"/batches/{'0' * 32}{path}", method=method)
    assert (foreign.status_code, foreign.data) == (missing.status_code, missing.data)
    assert foreign.status_code == 404
    assert counts(anna, batch)["created"] == 4
    assert count(User) == 2
