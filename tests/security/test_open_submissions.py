"""T19: what one user's submissions may take of the API's processor and threads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

import pytest

from control.web import open_submissions
from control.web.open_submissions import EXTENSION, WAITING_OF_ALL, WAITING_OF_ONE
from control.web.rate_limits import Limits
from crawler.queue import acceptance
from tests.control.conftest import problem

LINK = "https://vk.com/wall-1_{}"


@pytest.fixture
def database_url(sqlite_url):
    """None of this is the database's."""
    return sqlite_url


def limit(app, **values):
    app.extensions["limits"] = Limits(app.config["SETTINGS"].model_copy(update=values))


def submit(client, count=1, **more):
    return client.post("/batches", json={"links": [LINK.format(number) for number in range(1, count + 1)]}, **more)


class Slow:
    """Submissions of many threads, whose links are not read before `go` is set."""

    def __init__(self, app, monkeypatch, pool):
        self.app = app
        self.pool = pool
        self.go = Event()
        entries = acceptance.entries
        monkeypatch.setattr(acceptance, "entries", lambda *given: self.go.wait(20) and entries(*given))

    def send(self, client, times=1):
        return [self.pool.submit(self._send, client) for _ in range(times)]

    def _send(self, client):
        another = self.app.test_client()
        another.environ_base = client.environ_base
        return submit(another)

    def await_(self, working, waiting):
        here, until = self.app.extensions[EXTENSION], monotonic() + 20
        while (len(here.working), here.waiting.total()) != (working, waiting):
            assert monotonic() < until, (here.working, here.waiting)
            sleep(0.01)


@pytest.fixture
def slow(app, monkeypatch):
    with ThreadPoolExecutor(12) as pool:
        found = Slow(app, monkeypatch, pool)
        yield found
        found.go.set()


def test_T19_of_a_users_submissions_one_is_worked_on_some_wait_and_others_are_refused(slow, anna, boris):
    mine = slow.send(anna, 1 + WAITING_OF_ONE)
    slow.await_(1, WAITING_OF_ONE)
    refused = slow.send(anna)[0].result(20)
    assert problem(refused) == (429, "too_many_requests")
    assert refused.headers["Retry-After"] == "1"
    theirs = slow.send(boris)
    slow.await_(2, WAITING_OF_ONE)
    assert anna.get("/batches").status_code == 200
    slow.go.set()
    assert {answer.result(20).status_code for answer in mine + theirs} == {202}
    assert submit(anna).status_code == 202


def test_T19_those_who_wait_leave_threads_to_others(slow, anna, boris, client_of):
    clara = client_of("clara")
    sent = slow.send(anna, 1 + WAITING_OF_ONE) + slow.send(boris) + slow.send(clara)
    slow.await_(3, WAITING_OF_ONE)
    sent += slow.send(boris, WAITING_OF_ALL - WAITING_OF_ONE)
    slow.await_(3, WAITING_OF_ALL)
    assert problem(slow.send(clara)[0].result(20)) == (429, "too_many_requests")
    slow.go.set()
    assert {answer.result(20).status_code for answer in sent} == {202}


def test_T19_nobody_waits_for_ever(slow, anna, monkeypatch):
    monkeypatch.setattr(open_submissions, "PATIENCE_SECONDS", 0.1)
    first = slow.send(anna)
    slow.await_(1, 0)
    assert problem(slow.send(anna)[0].result(20)) == (429, "too_many_requests")
    slow.await_(1, 0)
    slow.go.set()
    assert first[0].result(20).status_code == 202


@pytest.mark.parametrize("body", ["{", '{"links": []}', '{"links": ["spam"], "more": 1}'])
def test_T19_a_submission_ends_however_it_ends(app, anna, monkeypatch, body):
    assert anna.post("/batches", data=body, content_type="application/json").status_code in {400, 422}
    with monkeypatch.context() as broken:
        broken.setattr(acceptance, "entries", None)
        assert submit(anna).status_code == 500
    assert not app.extensions[EXTENSION].working
    assert submit(anna).status_code == 202


def test_T19_links_have_a_limit_a_minute_whatever_becomes_of_them(app, anna, boris):
    limit(app, links_per_minute=10)
    batch = submit(anna, 4, headers={"Idempotency-Key": "once"}).json["id"]
    anna.post(f"/batches/{batch}/cancel")
    assert submit(anna, 4, headers={"Idempotency-Key": "once"}).json["id"] == batch
    refused = anna.post(f"/batches/{batch}/retry")
    assert problem(refused) == (429, "too_many_requests")
    assert "10 links" in refused.json["detail"]
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"].startswith('"links";r=0;')
    assert submit(boris, 10).status_code == 202


@pytest.mark.process
def test_T19_links_of_a_file_count_when_they_are_handed_in(app, anna):
    limit(app, links_per_minute=10)
    text = "\n".join(LINK.format(number) for number in range(1, 9))
    urls = [anna.post("/imports", data=text, content_type="text/plain").json["url"] for _ in range(2)]
    assert anna.post(f"{urls[0]}/accept").status_code == 202
    refused = anna.post(f"{urls[1]}/accept")
    assert problem(refused) == (429, "too_many_requests")
    assert "10 links" in refused.json["detail"]


def test_T19_beyond_it_no_body_is_read(app, anna):
    limit(app, links_per_minute=10)
    assert [submit(anna, 8).status_code for _ in range(2)] == [202, 429]
    broken_body = anna.post("/batches", data="{", content_type="application/json")
    assert problem(broken_body) == (429, "too_many_requests")


def test_T19_a_long_link_counts_as_several(app, anna):
    limit(app, links_per_minute=10)
    long = [f"{LINK.format(1)}?{'x' * 900}"]
    assert [anna.post("/batches", json={"links": long}).status_code for _ in range(3)] == [202, 202, 429]


def test_T19_a_batch_that_is_larger_than_that_is_taken_by_itself(app, anna):
    limit(app, links_per_minute=10)
    assert submit(anna, 20).status_code == 202
    assert submit(anna, 1).status_code == 429


def test_T19_an_answer_tells_the_tightest_limit(app, anna):
    limit(app, submissions_per_minute=10, links_per_minute=100, changes_per_minute=100)
    assert submit(anna, 1).headers["RateLimit"].startswith('"submissions";r=9;')
    assert submit(anna, 50).headers["RateLimit"].startswith('"links";r=49;')
