import os
import re
from contextlib import suppress

import pytest
import structlog
from sqlalchemy import select, update
from structlog.testing import capture_logs

from control import logs
from control.nodes.client import Clients, Scrapyd, ScrapydError
from control.scheduler.dispatch import deliver
from control.scheduler.rescue import rescue
from crawler.store.models.batches import Batch
from crawler.store.models.runs import Run
from tests.seed import seed

NODE = "http://127.0.0.1:1"


@pytest.fixture
def database_url(sqlite_url):
    """The log does not depend on the database."""
    return sqlite_url


def refuse(*_):
    raise ScrapydError("gone")


def seeded(engine):
    """A run on a node; its id and the public id of its batch."""
    run_id = seed(engine, ["wall-1_1"])
    with engine.begin() as connection:
        connection.execute(update(Run).values(node=NODE))
        return {"run": run_id, "batch": connection.execute(select(Batch.public_id)).scalar_one()}


def test_an_event_is_one_line_with_its_time_in_utc(capsys):
    logs.configure()
    structlog.get_logger().error("it broke", run="r", stack="one\ntwo", why='a "word"')
    (line,) = capsys.readouterr().err.splitlines()
    assert re.match(r"timestamp=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z level=error event=\"it broke\" run=r ", line)


def test_an_accepted_batch_is_logged_without_its_links_and_its_user(anna, capsys):
    links = ["https://vk.com/wall-1_2", "https://example.com/canary"]
    batch_id = anna.post("/batches", json={"links": links}).json["id"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f'event="batch accepted" batch={batch_id} links=2')


def test_what_is_accepted_is_answered_though_nobody_reads_the_log_any_more(anna, monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    stderr = os.fdopen(writing, "w", buffering=1)
    monkeypatch.setattr("sys.stderr", stderr)
    answer = anna.post("/batches", json={"links": ["https://vk.com/wall-1_2"]})
    monkeypatch.undo()
    with suppress(BrokenPipeError):
        stderr.close()
    assert answer.status_code == 202


def test_a_lost_run_is_logged_with_its_batch(engine):
    ids = seeded(engine)
    with engine.begin() as connection:
        connection.execute(update(Run).values(state="running", lease_until=1.0))
    with capture_logs() as events:
        rescue(engine)
    assert [event.items() >= ids.items() for event in events] == [True]


@pytest.mark.parametrize(("post", "said"), [(lambda *_: None, "run posted"), (refuse, "scrapyd does not take a run")])
def test_a_run_on_its_way_to_scrapyd_is_logged_with_its_batch(engine, monkeypatch, capsys, post, said):
    ids = seeded(engine)
    monkeypatch.setattr(Scrapyd, "has", lambda *_: False)
    monkeypatch.setattr(Scrapyd, "post", post)
    logs.configure()
    deliver(engine, Clients("", ""))
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert f"run={ids['run']} batch={ids['batch']}" in line


def test_a_run_that_scrapyd_has_already_is_not_said_to_be_posted_again(engine, monkeypatch):
    seeded(engine)
    monkeypatch.setattr(Scrapyd, "has", lambda *_: True)
    with capture_logs() as events:
        deliver(engine, Clients("", ""))
    assert events == []
