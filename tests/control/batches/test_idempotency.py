from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from control.batches.idempotency import REMEMBERED_SECONDS
from control.web.engine import db
from crawler.store.models.batches import Batch, Submission
from tests.control.conftest import problem

BODY = {"links": ["https://vk.com/wall-1_1", "https://vk.com/wall-1_1", "spam"]}
PATHS = ["/batches", "/get-views/vk"]


def send(client, path="/batches", key="a-key", body=BODY):
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def batches():
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(Batch)).scalar_one()


@pytest.mark.parametrize("path", PATHS)
def test_the_first_answer_again(anna, path):
    first, second = send(anna, path), send(anna, path)
    assert first.status_code == second.status_code < 300
    assert first.json == second.json
    assert first.headers.get("Location") == second.headers.get("Location")
    assert batches() == 1


def test_also_when_the_batch_is_deleted(anna):
    first = send(anna)
    anna.delete(f"/batches/{first.json['id']}")
    assert send(anna).json == first.json
    assert batches() == 0


def test_a_retry_is_answered_again_when_its_original_is_gone(anna):
    original = send(anna).json["id"]
    path, body = f"/batches/{original}/retry", {"only": "failed"}
    first = send(anna, path, "another", body)
    assert first.status_code == 202
    anna.delete(f"/batches/{original}")
    again = send(anna, path, "another", body)
    assert (again.status_code, again.json, again.headers["Location"]) == (202, first.json, first.headers["Location"])
    assert batches() == 1
    assert problem(send(anna, path, "third", body)) == (404, "not_found")
    assert problem(send(anna, path, "another", {})) == (422, "idempotency_key_reused")
    assert problem(send(anna, path, "a key", body)) == (422, "invalid_header")


@pytest.mark.parametrize("change", [{"body": {"links": ["https://vk.com/wall-1_2"]}}, {"path": "/get-views/vk"}])
def test_another_request_with_the_same_key_is_refused(anna, change):
    send(anna)
    answer = send(anna, **change)
    assert problem(answer) == (422, "idempotency_key_reused")
    assert batches() == 1


def test_each_user_has_their_own_keys(anna, boris):
    assert send(anna).json["id"] != send(boris).json["id"]


def test_another_key_or_none_is_another_request(anna):
    ids = {send(anna).json["id"], send(anna, key="other").json["id"], anna.post("/batches", json=BODY).json["id"]}
    assert len(ids) == 3


def test_what_was_refused_took_no_key(anna):
    assert problem(send(anna, body={"links": []})) == (422, "no_links")
    assert send(anna).status_code == 202


def test_after_a_day_a_key_is_new_again(anna):
    first = send(anna)
    with db.engine.begin() as connection:
        connection.execute(update(Submission).values(created_at=Submission.created_at - REMEMBERED_SECONDS - 1))
    assert send(anna, body={"links": ["https://vk.com/wall-1_2"]}).json["id"] != first.json["id"]


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "ключ"])
def test_a_bad_key_is_refused(anna, key):
    answer = anna.post("/batches", json=BODY, headers={"Idempotency-Key": key.encode().decode("latin-1")})
    assert problem(answer) == (422, "invalid_header")
    assert "Idempotency-Key" in answer.json["detail"]
    assert batches() == 0


def test_many_at_once_are_one(app, anna):
    def once(_):
        with app.app_context():
            client = app.test_client()
            client.environ_base.update(anna.environ_base)
            return send(client).json["id"]

    with ThreadPoolExecutor(4) as threads:  # more at once of one user are refused
        assert len(set(threads.map(once, range(16)))) == 1
    assert batches() == 1
