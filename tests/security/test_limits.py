"""How much one may ask for: statements T19 and T23. Those of logins are T7."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from control.db import db
from control.limits import Limits
from control.settings import Settings
from crawler.models import Usage
from tests.control.conftest import SETTINGS, problem

LINK = "https://vk.com/wall-1_{}"


@pytest.fixture
def settings(app):
    return app.config["SETTINGS"]


def limit(app, **values):
    app.extensions["limits"] = Limits(app.config["SETTINGS"].model_copy(update=values))


def submit(client, count, first=1, **headers):
    links = [LINK.format(number) for number in range(first, first + count)]
    return client.post("/batches", json={"links": links}, headers=headers)


def test_T19_reads_have_a_limit_and_say_how_much_is_left(app, anna, boris):
    limit(app, reads_per_second=2)
    answers = [anna.get("/batches") for _ in range(6)]
    assert {answer.status_code for answer in answers} == {200, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert problem(refused) == (429, "too_many_requests")
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit"] == '"reads";r=0;t=1'
    assert answers[0].headers["RateLimit-Policy"] == '"reads";q=2;w=1'
    assert boris.get("/batches").status_code == 200


def test_T19_so_have_those_of_an_address_that_is_nobody(app, anonymous):
    limit(app, reads_per_second=2)
    answers = [anonymous.get("/healthz").status_code for _ in range(6)]
    assert 429 in answers
    anonymous.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert anonymous.get("/healthz").status_code == 200


def test_T19_submissions_have_a_limit_on_every_route_that_takes_links(app, anna, boris):
    limit(app, submissions_per_minute=3)
    batch = submit(anna, 1).json["id"]
    assert anna.post("/get-views/vk", json={"links": [LINK.format(1)]}).status_code == 200
    assert anna.post(f"/batches/{batch}/cancel").status_code == 200
    assert anna.post(f"/batches/{batch}/retry", json={"only": "failed"}).status_code == 202
    for answer in (submit(anna, 1), anna.post(f"/batches/{batch}/retry"), anna.post("/get-views/vk", json={})):
        assert problem(answer) == (429, "too_many_requests")
        assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert submit(boris, 1).status_code == 202


def test_T19_by_default_an_honest_script_meets_no_limit():
    settings = Settings(secret_key=SETTINGS["secret_key"], scrapyd_password="unused")
    assert (settings.reads_per_second, settings.submissions_per_minute) == (200, 60)


def test_T19_so_many_links_may_wait(settings, anna, boris):
    settings.most_waiting_links = 10
    batch = submit(anna, 8).json["id"]
    refused = submit(anna, 3, first=100)
    assert problem(refused) == (429, "quota_exceeded")
    assert int(refused.headers["Retry-After"]) == 60
    assert len(anna.get("/batches").json["batches"]) == 1
    assert submit(boris, 10).status_code == 202
    assert submit(anna, 2, first=100).status_code == 202
    anna.post(f"/batches/{batch}/cancel")
    assert submit(anna, 8, first=200).status_code == 202


def test_T19_of_two_requests_at_once_one_takes_the_last_place(app, settings, anna):
    settings.most_waiting_links = 15

    def hand_in(first):
        client = app.test_client()
        client.environ_base = anna.environ_base
        return submit(client, 10, first).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(hand_in, (1, 101, 201, 301))) == [202, 429, 429, 429]


def test_T19_what_is_sent_again_under_its_key_is_answered_whatever_the_quota(settings, anna):
    settings.most_waiting_links = 2
    first = submit(anna, 2, **{"Idempotency-Key": "once"})
    assert submit(anna, 2, **{"Idempotency-Key": "once"}).json == first.json


def test_T19_links_that_are_none_wait_for_nothing(settings, anna):
    settings.most_waiting_links = 1
    assert anna.post("/batches", json={"links": ["spam"] * 5}).status_code == 202


def test_T23_so_many_links_may_be_handed_in_a_day(settings, anna, boris):
    settings.most_links_per_day = 10
    anna.delete(f"/batches/{submit(anna, 8).json['id']}")
    refused = submit(anna, 3)
    assert problem(refused) == (429, "quota_exceeded")
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert anna.get("/users/me/usage").json["links_today"] == {"used": 8, "most": 10}
    assert submit(boris, 10).status_code == 202
    with db.engine.begin() as connection:
        connection.execute(update(Usage).values(day=Usage.day - 1))
    assert submit(anna, 10).status_code == 202
