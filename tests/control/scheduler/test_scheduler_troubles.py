"""What the scheduler does while something it depends on fails, and what it says of it."""

import subprocess
import sys
import time

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from control.scheduler import __main__ as scheduler
from control.scheduler.backoff import LONGEST_SECONDS, Backoff
from control.settings import Settings
from crawler.store.models.batches import Batch
from crawler.store.models.runs import Run
from tests.crawler.scrapyd.conftest import copied, scrapyd
from tests.crawler.scrapyd.daemon import until
from tests.seed import seed

__all__ = ["copied", "scrapyd"]

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def start(monkeypatch, tmp_path):
    def start(engine, **settings):
        return scheduler.Scheduler(engine, Settings(secret_key="k" * 40, scrapyd_password="p" * 40, **settings))

    return start


def due(one):
    """Let everything be due in the next round."""
    one.tidied = one.examined = -1e9
    for backoff in (*one.backoffs.values(), *one.deliveries.values()):
        backoff.until = -1e9


@pytest.mark.parametrize(
    "duty",
    [
        *("look_again", "rescue", "expire", "close", "erase", "anything_open", "deliver", "remove", "write"),
        *("next_ready", "come_up", "examine", "count"),
    ],
)
@pytest.mark.parametrize("error", [KeyError("x"), ValueError("y"), UnicodeEncodeError("latin-1", "я", 0, 1, "z")])
def test_a_duty_that_fails_is_said_to_once_and_keeps_none_of_the_others(engine, start, monkeypatch, duty, error):
    def fail(*_):
        raise error

    places = {
        "remove": "control.scheduler.pruning",
        "write": "control.monitoring.heartbeat",
        "next_ready": "crawler.queue.demand",
    }
    monkeypatch.setattr(f"{places.get(duty, 'control.scheduler.__main__')}.{duty}", fail)
    batch = seed(engine, ["wall-1_1"], run=False)
    seed(engine, ["wall-1_2"])
    with engine.begin() as connection:
        connection.execute(update(Run).values(state="running", lease_until=1.0))
    one = start(engine, scrapyd_urls=NOWHERE, max_runs=2)
    with capture_logs() as events:
        for _ in range(3):
            assert one.once() <= scheduler.TICK_SECONDS
            one.pruner.next = one.pulse.last = -1e9
            due(one)
    said = [event for event in events if event["event"].startswith("a duty")]
    assert len(said) == 1
    assert said[0]["error"].startswith(type(error).__name__)
    with engine.connect() as connection:
        assert connection.execute(select(Run.batch_id).where(Run.batch_id == batch)).all() != []
        lost = connection.execute(select(Run.state).where(Run.batch_id != batch, Run.state == "lost")).all()
    assert bool(lost) == (duty != "rescue")
    monkeypatch.undo()
    with capture_logs() as events:
        one.once()
    assert [event["duty"] for event in events if event["event"] == "a duty is done again"] == [said[0]["duty"]]


def test_waits_grow_to_a_limit_and_news_is_told_once():
    at = [0.0]
    backoff = Backoff(lambda: at[0])
    waits = []
    for _ in range(7):
        assert backoff.is_over()
        assert backoff.fail("away") == (not waits)
        began = at[0]
        while not backoff.is_over():
            at[0] += 0.5
        waits.append(at[0] - began)
    assert waits == [1, 2, 4, 8, LONGEST_SECONDS, LONGEST_SECONDS, LONGEST_SECONDS]
    assert backoff.fail("another")
    assert not backoff.fail("away")
    assert backoff.succeed()
    assert not backoff.succeed()
    assert backoff.is_over()


@pytest.mark.process
def test_a_wrong_password_is_named_once_and_scrapyd_is_left_alone_for_longer_and_longer(scrapyd):
    for item in range(1, 18):
        seed(scrapyd.engine, [f"wall-1_{item}"], run=False)
    url = f"http://127.0.0.1:{scrapyd.port}"
    own = {"SCRAPYD_URLS": url, "SECRET_KEY": "k" * 40, "MAX_RUNS": "17", "SCRAPYD_PASSWORD": "another"}
    command = [sys.executable, "-m", "control.scheduler"]
    log = scrapyd.folder / "scheduler.log"

    def asked():
        return scrapyd.log.read_text().count(" 401 ")

    with (
        log.open("w") as file,
        subprocess.Popen(command, cwd=scrapyd.folder, env=scrapyd.environment | own, stderr=file) as process,
    ):
        until(asked, "asked")
        before = asked()
        time.sleep(8)
        process.terminate()
    assert asked() - before <= 4  # after 1, 2, 4 seconds
    lines = [line for line in log.read_text().splitlines() if "scrapyd does not take a run" in line]
    assert len(lines) == 1
    assert f"{url}: HTTP 401: SCRAPYD_PASSWORD is not this scrapyd's" in lines[0]


@pytest.mark.process
def test_a_run_that_is_refused_holds_up_no_other(scrapyd, start):
    refused, taken = (seed(scrapyd.engine, [f"wall-1_{item}"]) for item in (1, 2))
    with scrapyd.engine.begin() as connection:
        connection.execute(update(Run).values(node=f"http://127.0.0.1:{scrapyd.port}"))
        connection.execute(update(Run).where(Run.id == refused).values(platform="evil"))
    one = scheduler.Scheduler(
        scrapyd.engine,
        Settings(
            secret_key="k" * 40,
            scrapyd_urls=f"http://127.0.0.1:{scrapyd.port}",
            scrapyd_username=scrapyd.environment["SCRAPYD_USERNAME"],
            scrapyd_password=scrapyd.environment["SCRAPYD_PASSWORD"],
        ),
    )
    with capture_logs() as events:
        for _ in range(3):
            one.once()
            due(one)
    said = [(event["event"], event.get("error", "")) for event in events if "a run" in event["event"]]
    assert len(said) == 1
    assert "spider 'evil_views' not found" in said[0][1]
    with scrapyd.engine.connect() as connection:
        states = {row.id: row.state for row in connection.execute(select(Run.id, Run.state))}
        assert connection.execute(select(Batch.id)).all()
    assert states[refused] == "queued"
    assert states[taken] in {"posted", "running"}
