import json
from threading import Thread

import pytest
from scrapy.exceptions import DownloadTimeoutError
from sqlalchemy import select

from crawler.exceptions import Fenced
from crawler.platforms import vk
from crawler.platforms.contract import Call, Measured, Reply, Want
from crawler.queue import answer_counts, claims, lease, results
from crawler.queue.results import Result
from crawler.run import unanswered
from crawler.run.ledger import Ledger
from crawler.store.models.posts import Reading
from crawler.store.models.runs import AnswerCount
from tests.seed import seed

LEASE = 60.0


@pytest.fixture
def run_id(engine):
    run_id = seed(engine, ["wall-1_1", "wall-1_2"])
    assert lease.start(engine, run_id, LEASE)
    return run_id


def counted(engine):
    with engine.connect() as connection:
        rows = connection.execute(select(AnswerCount.platform, AnswerCount.code, AnswerCount.count))
        return {(platform, code): count for platform, code, count in rows}


def test_every_answer_is_counted_once_whatever_its_links(engine, run_id):
    one, two = claims.claim(engine, run_id, LEASE, 10)
    results.save(engine, run_id, LEASE, [Result((one.id,), one.post_id, Measured(7, "test"), 200)])
    results.save(engine, run_id, LEASE, [Result((two.id,), two.post_id, Measured(7, "test"), 200)])
    assert counted(engine) == {("vk", "ok"): 2}


def test_answers_that_are_saved_together_count_each(engine, run_id):
    one, two = claims.claim(engine, run_id, LEASE, 10)
    said = [[Result((link.id,), link.post_id, Measured(7, "x"), status)] for link, status in ((one, 200), (two, 203))]
    results.save(engine, run_id, LEASE, *said)
    assert counted(engine) == {("vk", "ok"): 2}
    with engine.connect() as connection:
        assert connection.execute(select(Reading.post_id, Reading.http_status)).all() == [
            (one.post_id, 200),
            (two.post_id, 203),
        ]


def test_an_answer_without_results_is_counted_too(engine, run_id):
    ledger = Ledger(engine, run_id, LEASE)
    for code in ("vk 5", "vk 6", "vk 6"):
        ledger._count(code)
    assert counted(engine) == {("vk", "vk 5"): 1, ("vk", "vk 6"): 2}


def test_what_was_not_saved_was_not_counted(engine, run_id):
    claims.settle(engine, run_id, LEASE, "finished")
    with pytest.raises(Fenced):
        results.save(engine, run_id, LEASE, [])
    assert counted(engine) == {}


def test_none_is_lost_when_many_count_at_once(engine, run_id):
    ledger = Ledger(engine, run_id, LEASE)
    threads = [Thread(target=lambda: [ledger._count("ok") for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(engine) == {("vk", "ok"): 80}


@pytest.mark.parametrize(
    ("method", "status", "body", "code"),
    [
        ("wall.getById", 200, {"response": {"items": []}}, "ok"),
        ("wall.getById", 200, {"error": {"error_code": 6}}, "vk 6"),
        ("wall.getById", 200, "no object", "unreadable"),
        ("wall.getById", 502, "", "http 502"),
        ("execute", 200, {"response": [False], "execute_errors": [{"error_code": 29}]}, "vk 29"),
        ("execute", 200, {"response": []}, "unreadable"),
    ],
)
def test_the_name_of_an_answer(method, status, body, code):
    call = Call(((Want(vk.target("wall-1_1", "")),),), f"https://api.vk.com/method/{method}", "token:x", {})
    answer = vk.read(call, Reply(status, call.url, "application/json", json.dumps(body).encode()))
    assert answer_counts.code(answer.code, status) == code


@pytest.mark.parametrize(("error", "name"), [(DownloadTimeoutError(), "timeout"), (OSError(), "OSError")])
def test_the_name_of_silence(error, name):
    assert unanswered.silence(error) == name
