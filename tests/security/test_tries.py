"""T07, T08: a try of an address counts before anything else of it is looked at."""

import pytest
from sqlalchemy import func, select

from control.web import json_body
from control.web.engine import db
from crawler.store.database import writing
from crawler.store.models.accounts import Attempts
from tests.control.conftest import problem

PATHS = {"/users/login": "logins_per_hour", "/users": "registrations_per_hour"}
BODIES = {
    "no JSON": "{",
    "a name twice": '{"username":"a","username":"b"}',
    "many fields": "{" + ",".join(f'"{number}":1' for number in range(5000)) + "}",
    "no object": "[]",
    "no name": "{}",
    "wrong types": '{"username":1,"password":[]}',
}


def send(client, path, body="{", **more):
    return client.post(path, data=body, content_type="application/json", **more)


def tries():
    with db.engine.connect() as connection:
        return connection.execute(select(func.coalesce(func.sum(Attempts.count), 0))).scalar_one()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", BODIES)
def test_T07_a_bad_body_costs_a_try_and_beyond_them_none_is_read(app, anonymous, monkeypatch, path, body):
    setattr(app.config["SETTINGS"], PATHS[path], 4)  # half of them within a minute
    assert [send(anonymous, path, BODIES[body]).status_code in {400, 422} for _ in range(2)] == [True] * 2
    read = []
    monkeypatch.setattr(json_body, "_bounded", read.append)
    refused = send(anonymous, path, BODIES[body])
    assert not read
    assert problem(refused) == (429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    anonymous.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert send(anonymous, path, BODIES[body]).status_code in {400, 422}
    assert read


@pytest.mark.parametrize("path", PATHS)
def test_T07_only_what_may_be_a_try_counts(anonymous, path):
    anonymous.get(path)
    anonymous.options(path)
    assert tries() == 0
    send(anonymous, path)
    assert tries() == 2  # windows of an address


def test_T08_where_registration_is_closed_that_is_all_that_is_said(app, anonymous):
    app.config["SETTINGS"].registration = "closed"
    assert problem(send(anonymous, "/users")) == (403, "registration_closed")
    assert tries() == 0


@pytest.mark.parametrize("path", PATHS)
def test_T07_who_has_no_tries_left_waits_for_nobodys_write(app, anonymous, path):
    setattr(app.config["SETTINGS"], PATHS[path], 2)
    send(anonymous, path)
    with writing(db.engine) as connection:
        connection.execute(Attempts.__table__.update().values(count=Attempts.count))  # locks the rows, or the file
        assert problem(send(anonymous, path)) == (429, "too_many_requests")
