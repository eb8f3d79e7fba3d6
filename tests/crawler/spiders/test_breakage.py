"""A run whose code breaks on an answer, or whose database fails there, ends at once: nobody waits for its lease."""

import time
from pathlib import Path

import pytest
from sqlalchemy import select

from crawler.store.models.batches import Link, Status
from crawler.store.models.runs import Run, RunState
from tests.checkout import ROOT
from tests.crawler.spiders.vk_run import VkRun

pytestmark = pytest.mark.process

BROKEN = Path(__file__).parent / "broken"
NO_PAUSE = "CREATE TRIGGER no_pause BEFORE UPDATE OF paused_until ON budgets BEGIN SELECT RAISE(ABORT, 'disk'); END"


@pytest.fixture
def run(sqlite_url, vk):
    vk.reset()
    return VkRun(sqlite_url, vk, range(1001, 1011))


def work(run):
    run.work(time.monotonic() + 30)
    with run.engine.connect() as connection:
        return connection.execute(select(Run.state, Run.outcome)).one(), connection.execute(
            select(Link.status, Link.sent)
        ).all()


def test_a_database_that_fails_gives_the_links_back(run, vk):
    vk.set(trouble=1.0, troubles="error_5")
    run.change(NO_PAUSE)
    state, links = work(run)
    assert state == (RunState.FINISHED, "no database")
    assert set(links) == {(Status.CREATED, False)}


def test_a_bug_leaves_the_run_to_be_lost_and_its_links_to_be_charged(run):
    run.environment["PYTHONPATH"] = f"{BROKEN}:{ROOT}"
    state, links = work(run)
    assert state == (RunState.RUNNING, None)
    assert set(links) == {(Status.IN_PROGRESS, True)}
    assert "ZeroDivisionError" in run.log
