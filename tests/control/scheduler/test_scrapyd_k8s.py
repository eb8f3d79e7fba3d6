"""scrapyd-k8s as a node of ours: it starts a process for each run, and has none of our parts.

SCRAPYD_K8S=<path of a checkout> asks the real one as well, see tests/scrapyd_k8s/engine.py for what of it is real.
"""

import time

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from control.nodes.client import RefusedError, Scrapyd, ScrapydError
from control.scheduler.__main__ import Scheduler
from control.settings import Settings
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch
from crawler.store.models.runs import Run
from tests.checkout import copy_to
from tests.scrapyd_k8s.engine import AUTH, REAL, Engine
from tests.vk_standin import truth
from tests.vk_standin.client import StandIn

pytestmark = [pytest.mark.process, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]

ENGINES = ["stand-in", *(["real"] if REAL else [])]
SLOTS = 2
ITEMS = range(1, 200)
MANY = [f"https://vk.com/wall-7_{item}" for item in range(1, 700)]
PATIENCE_SECONDS = 120.0  # on a busy machine; a few where it is quiet


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return copy_to(tmp_path_factory.mktemp("image") / "views")


@pytest.fixture(scope="module")
def vk():
    with StandIn() as vk:
        yield vk


@pytest.fixture(params=ENGINES)
def k8s(request, tmp_path, image, vk, database_url):
    vk.reset()
    spider = vk.environment() | {"VK_TOKENS": "standin-service", "SQLALCHEMY_DATABASE_URL": database_url}
    with Engine(tmp_path / "engine", image, spider, REAL if request.param == "real" else "") as k8s:
        yield k8s


@pytest.fixture
def here(k8s, engine, anna):
    """The API, with a user, and a scheduler whose only node is this."""
    urls = f"{k8s.url}#slots={SLOTS}"
    settings = Settings(secret_key="k" * 40, scrapyd_password=AUTH[1], scrapyd_urls=urls, max_runs=9, roles="scheduler")
    with capture_logs() as said:
        yield Here(anna, engine, Scheduler(engine, settings), said)


class Here:
    def __init__(self, user, engine, scheduler, said):
        self.user, self.engine, self.scheduler, self.said = user, engine, scheduler, said

    def submit(self, links):
        return self.user.post("/batches", json={"links": links}).json["id"]

    def state(self, batch):
        return self.user.get(f"/batches/{batch}").json["state"]

    def until(self, true, what):
        """Let the scheduler work until this is true; what it is."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            self.scheduler.once()
            if result := true():
                return result
            time.sleep(0.05)
        raise AssertionError(f"not {what}; the scheduler said {self.said}")

    def runs(self, batch):
        """Id, state and outcome of each of its runs, the first one first."""
        wanted = select(Run.id, Run.state, Run.outcome).join(Batch, Batch.id == Run.batch_id)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted.where(Batch.public_id == batch).order_by(Run.created_at))
            return [tuple(row) for row in rows]

    def at_work(self, batch):
        """Wait until the last run of the batch works; its id."""
        self.until(lambda: any(state == "running" for _, state, _ in self.runs(batch)[-1:]), "running")
        return self.runs(batch)[-1][0]

    def troubles(self):
        return [each["error"] for each in self.said if each["event"].startswith("scrapyd does not take a run")]


def test_batches_are_measured_by_jobs_with_their_runs_ids_and_no_more_than_there_are_slots(here, k8s, vk):
    vk.set(latency=0.3)
    links = [[f"https://vk.com/wall-{owner}_{item}" for item in ITEMS] for owner in (1, 2, 3)]
    batches = [here.submit(each) for each in links]
    seen = set()

    def done():
        seen.add(len(k8s.jobs("pending", "running")))
        return all(here.state(batch) == "done" for batch in batches)

    here.until(done, "done")
    assert max(seen) == SLOTS
    for owner, batch in enumerate(batches, 1):
        rows = here.user.get(f"/batches/{batch}/links?limit=1000").json["links"]
        assert [row["views"] for row in rows] == [truth.views("wall", -owner, item) for item in ITEMS]
    assert set(k8s.jobs("running", "finished")) <= {run for batch in batches for run, *_ in here.runs(batch)}
    assert here.troubles() == []


def test_a_run_that_was_taken_in_spite_of_an_error_is_there_and_can_be_posted_again(here, k8s):
    k8s.fail("obeyed", "slow")
    batch = here.submit(["https://vk.com/wall-4_1"])
    here.until(lambda: k8s.jobs("pending"), "pending")
    run = here.runs(batch)[0][0]
    form = {"project": "default", "spider": "vk_views", "jobid": run, "run": run}
    assert k8s.ask("schedule.json", **form).status_code == 500
    client = Scrapyd(k8s.url, *AUTH)
    client.post("vk_views", run)
    assert client.has(run)
    here.until(lambda: here.runs(batch) == [(run, "finished", "finished")], "finished")
    assert here.state(batch) == "done"
    assert here.troubles() == []


def test_while_its_kubernetes_is_out_nothing_is_lost_and_afterwards_it_gets_runs_again(here, k8s, vk):
    vk.set(latency=3)
    working = here.submit(MANY)
    run = here.at_work(working)
    k8s.fail("out")
    waiting = here.submit(["https://vk.com/wall-5_1"])
    here.until(here.troubles, "said")
    assert k8s.jobs("pending", "running", "finished") == []
    assert here.runs(working) == [(run, "running", None)]
    k8s.fail()
    vk.set(latency=0)
    here.until(lambda: {here.state(batch) for batch in (working, waiting)} == {"done"}, "done")
    here.until(lambda: {state for _, state, _ in here.runs(working)} == {"finished"}, "finished, and not lost")
    assert here.troubles() == [f"{k8s.url}: HTTP 500 without a message"]


def test_its_own_cancel_gives_the_links_to_another_run_and_ours_ends_the_batch(here, k8s, vk):
    vk.set(latency=3)
    batch = here.submit(MANY)
    run = here.at_work(batch)
    assert k8s.ask("cancel.json", project="default", job=run).json()["prevstate"] == "running"
    here.until(lambda: len(here.runs(batch)) == 2, "given another run")
    here.at_work(batch)
    assert here.user.post(f"/batches/{batch}/cancel").status_code == 200
    here.until(lambda: not k8s.jobs("running"), "over")
    assert here.state(batch) == "cancelled"
    assert {state for _, state, _ in here.runs(batch)} == {"finished"}


def test_a_job_that_ended_without_a_start_is_named_and_is_no_trouble_of_the_node(here, k8s):
    k8s.fail("broken")
    client, run = Scrapyd(k8s.url, *AUTH), random_id()
    client.post("vk_views", run)
    here.until(lambda: run in k8s.jobs("finished"), "over")
    assert not client.has(run)
    with pytest.raises(RefusedError, match="is over there"):
        client.post("vk_views", run)


def test_its_errors_are_told(k8s):
    for user in ((AUTH[0], "wrong"), ("", "")):
        with pytest.raises(ScrapydError, match="HTTP 401: SCRAPYD_PASSWORD is not this scrapyd's"):
            Scrapyd(k8s.url, *user).listed()
    k8s.fail("out")
    with pytest.raises(ScrapydError, match="HTTP 500") as caught:
        Scrapyd(k8s.url, *AUTH).post("vk_views", random_id())
    assert not isinstance(caught.value, RefusedError)
    assert Scrapyd(k8s.url, *AUTH).spiders("default") == ["vk_views"]
    assert k8s.ask("status.json?job=x").status_code == 404
