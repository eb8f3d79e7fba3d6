"""A spider is stopped, its run is given up, and it wakes up: it writes nothing and ends itself."""

import pytest
from sqlalchemy import text

from tests.chaos import invariants
from tests.chaos.conftest import address
from tests.chaos.extent import times
from tests.chaos.site import site
from tests.processes import job_of

pytestmark = pytest.mark.process

LEASE_SECONDS = 6


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def here(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("zombies")
    with site(folder, address(request, request.param, folder), failpoints=True, LEASE_SECONDS=f"{LEASE_SECONDS}") as it:
        yield it


def written(here):
    """All that results change."""
    with here.engine.connect() as connection:
        links = connection.execute(text("SELECT id, status, attempts, run_id, reading_id FROM links ORDER BY id")).all()
        return links, connection.execute(text("SELECT count(*) FROM readings")).scalar_one()


def is_lost(here, spider):
    job = {"job": job_of(spider)}
    with here.engine.connect() as connection:
        states = connection.execute(text("SELECT state FROM runs WHERE job = :job"), job).scalars().all()
        return states == ["lost"]


@pytest.mark.parametrize("time", times(1, 10))
def test_a_spider_that_sleeps_through_its_lease(here, anna, batch, time):
    """scrapyd, which would have killed it, sleeps as well."""
    here.vk.set(latency=2)
    anna.submit(batch(500))
    spider = here.until(here.working, "working")[0]
    scrapyd = here.signal(here.pids("scrapyd"), "SIGSTOP")
    here.signal([spider], "SIGSTOP")
    here.until(lambda: is_lost(here, spider), "rid of the run")
    before = written(here)
    here.signal([spider], "SIGCONT")
    here.until(lambda: spider not in here.pids("spider"), "rid of the spider")
    assert written(here) == before
    here.signal([scrapyd], "SIGCONT")
    here.vk.set(latency=0)
    here.until(lambda: not anna.open(), "finished")
    invariants.check(here, [anna])


@pytest.mark.parametrize("time", times(1, 3))
def test_a_spider_that_sleeps_in_the_middle_of_a_write(here, anna, batch, time):
    """On SQLite it keeps everybody from writing, and scrapyd has to kill it."""
    armed = here.arm("before", "crawler.queue.results.save", "stop")
    anna.submit(batch())
    here.until(lambda: not armed.exists(), "there")
    here.until(lambda: not anna.open(), "finished")
    invariants.check(here, [anna])


def test_a_spider_that_sleeps_while_its_batch_is_deleted(here, anna, batch):
    """It keeps a slot that nothing in the database tells of."""
    here.vk.set(latency=2)
    deleted = anna.submit(batch())
    spider = here.signal(here.until(here.working, "working"), "SIGSTOP")
    anna.erase(deleted)
    here.until(lambda: spider not in here.pids("spider"), "rid of the spider", 10)
    here.vk.set(latency=0)
    invariants.check(here, [anna])
