"""One process works on many small batches, one after the other."""

import re
import subprocess
import sys

import pytest
from sqlalchemy import select

from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Reading
from crawler.store.models.runs import Run
from tests.checkout import ROOT
from tests.seed import seed
from tests.system import clean_environment
from tests.vk_standin import truth

pytestmark = pytest.mark.process

WORKS = r"run=(\w+) Works on run=(\w+) batch=(\w+)"
COMMAND = [sys.executable, "-m", "crawler.scrapyd.runner", "crawl", "vk_views", "-a"]


def rows(engine, *columns, where=True):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).where(where))]


def work(vk, url, run, **settings):
    """Work on this run and on what comes after it; what was logged."""
    given = {"VK_TOKENS": "standin-service", "VK_REQUESTS_PER_SECOND": "100", "SQLALCHEMY_DATABASE_URL": url}
    environment = clean_environment() | vk.environment() | given | settings
    with subprocess.Popen(
        [*COMMAND, f"run={run}"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        said = process.stderr.read()
    assert process.returncode == 0
    return said


def test_batches_that_wait_are_worked_by_one_process_each_in_a_run_of_its_own(engine, database_url, vk):
    vk.reset()
    run = seed(engine, ["wall-1_1", "wall-1_2"])
    batches = [1, *(seed(engine, [f"wall-{batch}_1", "spam"], run=False) for batch in range(2, 7))]
    log = work(vk, database_url, run)
    measured = Reading.id == Link.reading_id
    posts = [(1, 1), (1, 2), *((batch, 1) for batch in batches[1:])]
    views = [(batch, "done", truth.views("wall", -batch, item)) for batch, item in posts]
    assert sorted(rows(engine, Link.batch_id, Link.status, Reading.views, where=measured)) == sorted(views)
    assert sorted(rows(engine, Run.batch_id, Run.job, Run.outcome)) == [(batch, run, "finished") for batch in batches]
    ((owner,),) = set(rows(engine, Run.owner))
    assert owner
    assert dict(rows(engine, Reading.run_id, Link.batch_id, where=measured)) == dict(rows(engine, Run.id, Run.batch_id))
    said = {(run_id, batch) for line, run_id, batch in re.findall(WORKS, log) if line == run_id}
    assert said == set(rows(engine, Run.id, Batch.public_id, where=Run.batch_id == Batch.id))


def test_what_waits_beyond_its_number_is_left_for_others(engine, database_url, vk):
    vk.reset()
    run = seed(engine, ["wall-1_1"])
    batches = [seed(engine, ["wall-2_1"], run=False) for _ in range(3)]
    work(vk, database_url, run, RUNS_PER_PROCESS="2")
    assert sorted(rows(engine, Run.batch_id, Run.state)) == [(1, "finished"), (batches[0], "finished")]
    assert rows(engine, Link.status, where=Link.batch_id > batches[0]) == [("created",)] * 2
