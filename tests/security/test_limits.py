"""How much one may ask for: statements T19 and T23. Those of logins are T7."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from control.accounts import passwords
from control.settings import Settings
from control.web.engine import db
from control.web.rate_limits import Limits
from crawler.queue.acceptance import BATCH_BYTES, CUT, MOST_REFUSED_BYTES, ROW_BYTES
from crawler.store.models.accounts import Usage, User
from crawler.store.models.batches import Batch, Link
from tests.control.conftest import SETTINGS, problem
from tests.security.routes import CASES, Who, ask

LINK = "https://vk.com/wall-1_{}"


@pytest.fixture
def settings(app):
    return app.config["SETTINGS"]


def is_change(label, case):
    return not label.startswith("GET") and case.who is Who.USER


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


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/docs/swagger/js/swagger-ui-bundle.js", "/static/docs.js"])
def test_T19_documents_and_files_have_it_too(app, anonymous, path):
    limit(app, reads_per_second=2)
    statuses = []
    for _ in range(6):
        with anonymous.get(path) as answer:
            statuses.append(answer.status_code)
    assert set(statuses) == {200, 429}


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


@pytest.mark.parametrize("label", [label for label, case in CASES.items() if is_change(label, case)])
def test_T19_every_change_has_a_limit(app, anna, label):
    limit(app, changes_per_minute=1)
    missing = "/batches/" + "0" * 32
    assert problem(anna.post(f"{missing}/cancel")) == (404, "not_found")
    assert problem(ask(anna, label)) == (429, "too_many_requests")


def test_T19_to_show_ones_password_is_limited_as_a_login_is(app, anna, monkeypatch):
    compared = []
    monkeypatch.setattr(passwords, "matches", lambda *_: compared.append(1))
    app.config["SETTINGS"].logins_per_hour = 6
    change = {"current_password": "wrong", "password": "another good one"}
    assert [anna.patch("/users/me", json=change).status_code for _ in range(5)] == [403] * 3 + [429] * 2
    assert len(compared) == 3


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


REFUSED = [f"no link, {number:04} {'x' * 2000}" for number in range(2000)]  # 4 MB
HAS = BATCH_BYTES + MOST_REFUSED_BYTES + len(REFUSED) * (ROW_BYTES + len(CUT.encode()))


def usage(client, name):
    return client.get("/users/me/usage").json[name]["used"]


def test_T23_refused_links_count_as_all_others_do_also_when_they_are_tried_again(settings, anna):
    settings.most_links_per_day = 10
    batch = anna.post("/batches", json={"links": ["spam"] * 4}).json["id"]
    assert usage(anna, "links_today") == 4
    assert problem(anna.post(f"/batches/{batch}/retry")) == (422, "nothing_to_retry")
    assert anna.post(f"/batches/{batch}/retry", json={"only": "failed"}).status_code == 202
    assert usage(anna, "links_today") == 8
    assert problem(anna.post(f"/batches/{batch}/retry", json={"only": "failed"})) == (429, "quota_exceeded")
    assert anna.post("/get-views/vk", json={"links": ["spam"] * 3}).status_code == 429
    assert usage(anna, "links_today") == 8


def test_T23_of_refused_links_little_is_kept_and_that_is_said(anna):
    answer = anna.post("/batches", json={"links": [*REFUSED, "https://vk.com/wall-1_1"]}).json
    told = [each["link"] for each in answer["rejected_links"]]
    kept = [each["link"] for each in all_links(anna, answer["id"])]
    assert kept == [*told, "https://vk.com/wall-1_1"]
    assert kept[:900] == REFUSED[:900]
    assert sum(map(len, kept)) < MOST_REFUSED_BYTES + 10 * len(kept)
    cut = [one for one, sent in zip(kept, REFUSED, strict=False) if one != sent]
    assert cut
    assert all(one.endswith(CUT) for one in cut)


def all_links(client, batch):
    cursor, found = "", []
    while cursor is not None:
        page = client.get(f"/batches/{batch}/links?limit=1000" + (f"&cursor={cursor}" if cursor else "")).json
        found += page["links"]
        cursor = page["next_cursor"]
    return found


def test_T23_what_a_user_keeps_has_a_limit_and_deleting_gives_it_back(settings, anna, boris):
    settings.most_stored_megabytes = 3
    first = anna.post("/batches", json={"links": REFUSED}).json["id"]
    assert usage(anna, "stored_megabytes") == math.ceil(HAS / 1e6)
    refused = anna.post("/batches", json={"links": REFUSED})
    assert problem(refused) == (409, "keeps_too_much")
    assert "delete some" in refused.json["detail"]
    assert problem(anna.post(f"/batches/{first}/retry", json={"only": "failed"})) == (409, "keeps_too_much")
    assert usage(anna, "links_today") == len(REFUSED)
    assert submit(anna, 1).status_code == 202
    assert submit(boris, 1).status_code == 202
    assert anna.delete(f"/batches/{first}").status_code == 204
    assert usage(anna, "stored_megabytes") == 1
    assert anna.post("/batches", json={"links": REFUSED}).status_code == 202


def test_T23_what_is_kept_is_counted_as_the_database_has_it(app, anna):
    kept = [
        anna.post("/batches", json={"links": links}).json["id"]
        for links in (REFUSED[:3], ["https://vk.com/wall-1_1"] * 2)
    ]
    with db.engine.connect() as connection:
        users = select(User.stored_bytes).where(User.username == "anna")
        in_all = connection.execute(users).scalar_one()
        of_batches = connection.execute(select(func.sum(Batch.stored_bytes))).scalar_one()
        texts = connection.execute(select(func.sum(func.length(Link.url)), func.count())).one()
    assert in_all == of_batches == texts[0] + ROW_BYTES * texts[1] + BATCH_BYTES * len(kept)
    for batch in kept:
        anna.delete(f"/batches/{batch}")
    with db.engine.connect() as connection:
        assert connection.execute(users).scalar_one() == 0
