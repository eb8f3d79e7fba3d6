"""A large batch is worked by several spiders, and a small one that comes then need not wait for it to end."""

import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack

import pytest
from sqlalchemy import func, select

from control.scheduler.dispatch import enlist
from crawler.queue.claims import IN_HAND
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Reading
from crawler.store.models.runs import Run
from tests.bench import posts
from tests.checkout import ROOT
from tests.seed import fleet, seed
from tests.system import clean_environment

pytestmark = pytest.mark.process

MAX_RUNS = 2
COMMAND = [sys.executable, "-m", "crawler.scrapyd.runner", "crawl", "vk_views", "-a"]
PATIENCE = 120  # seconds; the large batch would take more


class Runs:
    """Starts what the scheduler's own statements enlist, as scrapyd would."""

    def __init__(self, stack, engine, environment):
        self.stack, self.engine, self.environment = stack, engine, environment
        self.started = {}

    def until(self, true):
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, self.state()
            enlist(self.engine, fleet("http://127.0.0.1:1", slots=MAX_RUNS))
            for run in self.scalars(select(Run.id).where(Run.finished_at.is_(None))):
                if run not in self.started:
                    self.start(run)
            time.sleep(0.1)

    def start(self, run):
        process = subprocess.Popen(
            [*COMMAND, f"run={run}", "-L", "ERROR"], cwd=ROOT, env=self.environment, stdin=subprocess.PIPE
        )
        self.started[run] = process
        self.stack.callback(process.wait, 30)
        self.stack.callback(process.stdin.close)

    def scalars(self, statement):
        with self.engine.connect() as connection:
            return connection.execute(statement).scalars().all()

    def state(self):
        with self.engine.connect() as connection:
            return connection.execute(select(Run.batch_id, Run.state, Run.outcome)).all()


def test_T19_several_runs_share_a_large_batch_and_make_room_for_a_small_one(engine, database_url, vk):
    vk.reset()
    large = seed(engine, posts.keys(1, MAX_RUNS * IN_HAND + 5000), run=False)
    settings = vk.environment() | {"VK_TOKENS": "standin-service", "VK_REQUESTS_PER_SECOND": "1"}
    environment = clean_environment() | settings | {"SQLALCHEMY_DATABASE_URL": database_url}

    def done(batch):
        return runs.scalars(select(func.count()).where(Link.batch_id == batch, Link.status == "done"))[0]

    def workers(batch):
        return {*runs.scalars(select(Link.run_id).where(Link.batch_id == batch, Link.status == "in progress"))}

    with ExitStack() as stack:
        runs = Runs(stack, engine, environment)
        runs.until(lambda: len(workers(large)) == MAX_RUNS)
        small = seed(engine, ["wall-2_1", "wall-2_2"], run=False)
        runs.until(lambda: done(small) == 2)
        assert 0 < done(large) < IN_HAND, "the small batch did not wait for the large one"
        assert runs.scalars(select(Batch.closed_at).where(Batch.id == large)) == [None]
        given_back = runs.scalars(select(Run.outcome).where(Run.batch_id == large, Run.finished_at.is_not(None)))
        assert Counter(given_back) == {"finished": 1}, "the first run of the large batch goes on"
    readings = runs.scalars(select(func.count(Reading.id)))[0]
    assert readings == done(large) + done(small), "no post was asked twice"
