from time import monotonic, sleep

import pytest
from sqlalchemy import select, update

from control.web.engine import db
from crawler.store.models.accounts import ApiToken
from tests.control.conftest import problem


def made(client, **body):
    answer = client.post("/tokens", json={"name": "script"} | body)
    assert answer.status_code == 201
    return answer.json


def as_script(anonymous, token):
    anonymous.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return anonymous


def test_a_token_is_shown_once_and_kept_as_a_hash(anna):
    token = made(anna, name="monthly report", scope="write", expires_in="90d")
    assert token.keys() == {"id", "name", "scope", "created_at", "expires_at", "last_used_at", "token"}
    listed = anna.get("/tokens").json["tokens"]
    assert listed == [{name: value for name, value in token.items() if name != "token"}]
    with db.engine.connect() as connection:
        row = connection.execute(select(ApiToken.__table__)).one()
    assert token["token"] not in str(row)


def test_one_that_reads_reads(anna, anonymous):
    batch = anna.post("/batches", json={"links": ["https://vk.com/wall-1_1"]}).json["id"]
    script = as_script(anonymous, made(anna)["token"])
    assert script.get(f"/batches/{batch}").status_code == 200
    assert script.get("/users/me").json["username"] == "anna"
    for method, path in (("POST", "/batches"), ("DELETE", f"/batches/{batch}"), ("POST", f"/batches/{batch}/cancel")):
        assert problem(script.open(path, method=method, json={"links": ["x"]})) == (403, "read_only_token")


def test_one_that_writes_hands_links_in_and_does_nothing_with_the_account(anna, anonymous):
    script = as_script(anonymous, made(anna, scope="write")["token"])
    assert script.post("/batches", json={"links": ["https://vk.com/wall-1_1"]}).status_code == 202
    assert script.get("/tokens").status_code == 200
    for method, path in (
        ("POST", "/tokens"),
        ("PATCH", "/users/me"),
        ("DELETE", "/users/me"),
        ("POST", "/users/logout"),
    ):
        assert problem(script.open(path, method=method, json={"name": "more"})) == (403, "login_required")
    assert script.post("/users/refresh").status_code == 401


def test_a_revoked_one_is_good_for_nothing(anna, anonymous):
    token = made(anna)
    script = as_script(anonymous, token["token"])
    assert script.get("/batches").status_code == 200
    assert anna.delete(f"/tokens/{token['id']}").status_code == 204
    assert problem(script.get("/batches")) == (401, "not_authenticated")
    assert problem(anna.delete(f"/tokens/{token['id']}")) == (404, "not_found")


def test_anothers_cannot_be_seen_or_revoked(anna, boris, anonymous):
    token = made(anna)
    assert boris.get("/tokens").json == {"tokens": []}
    assert boris.delete(f"/tokens/{token['id']}").data == boris.delete(f"/tokens/{'0' * 32}").data
    assert as_script(anonymous, token["token"]).get("/batches").status_code == 200


def test_it_ends_when_it_was_to_end(anna, anonymous):
    script = as_script(anonymous, made(anna, expires_in="1h")["token"])
    assert script.get("/batches").status_code == 200
    with db.engine.begin() as connection:
        connection.execute(update(ApiToken).values(expires_at=1))
    assert script.get("/batches").status_code == 401


def noted(client):
    """Wait until the last use is written, which no request waits for."""
    end = monotonic() + 30
    while not (used := client.get("/tokens").json["tokens"][0]["last_used_at"]):
        assert monotonic() < end
        sleep(0.02)
    return used


def test_its_last_use_is_known_to_the_minute(anna, anonymous):
    script = as_script(anonymous, made(anna)["token"])
    assert anna.get("/tokens").json["tokens"][0]["last_used_at"] is None
    script.get("/batches")
    first = noted(anna)
    script.get("/batches")
    sleep(0.2)  # another note would be written by then
    assert anna.get("/tokens").json["tokens"][0]["last_used_at"] == first


def test_a_name_is_used_once_and_there_are_so_many(anna, monkeypatch):
    made(anna)
    assert problem(anna.post("/tokens", json={"name": "script"})) == (409, "token_name_taken")
    monkeypatch.setattr("control.accounts.api_tokens.MOST", 2)
    made(anna, name="another")
    assert problem(anna.post("/tokens", json={"name": "a third"})) == (409, "too_many_tokens")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " x"}, "name"),
        ({"scope": "all"}, "scope"),
        ({"expires_in": "0s"}, "expires_in"),
    ],
)
def test_a_bad_field_is_named(anna, change, field):
    answer = anna.post("/tokens", json={"name": "script"} | change)
    assert problem(answer) == (422, "invalid_body")
    assert [error["field"] for error in answer.get_json(force=True)["errors"]] == [field]


@pytest.mark.parametrize("id_", ["x", "%00", "%ff", "\u00ff", "a" * 500])
def test_any_text_as_an_id_is_not_found(anna, id_):
    assert problem(anna.delete(f"/tokens/{id_}")) == (404, "not_found")


def test_an_administrators_token_reads_metrics_and_the_details_of_readyz(admin, anna, anonymous):
    script = as_script(anonymous, made(admin)["token"])
    assert script.get("/metrics").status_code == 200
    assert "details" in script.get("/readyz").get_json(force=True)
    script = as_script(anonymous, made(anna)["token"])
    assert problem(script.get("/metrics")) == (403, "administrators_only")
    assert "details" not in script.get("/readyz").get_json(force=True)
