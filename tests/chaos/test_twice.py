"""What is posted to scrapyd more than once is worked once."""

import pytest
from sqlalchemy import text

from tests.chaos import invariants
from tests.chaos.conftest import address
from tests.chaos.extent import SEED, times
from tests.chaos.proxy import proxy
from tests.chaos.site import site
from tests.system import free_port

pytestmark = pytest.mark.process


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def here(request, tmp_path_factory):
    """A system that hears of its scrapyd in two ways: directly, and through a proxy that swallows answers."""
    folder, port = tmp_path_factory.mktemp("twice"), free_port()
    own = f"http://127.0.0.1:{port}"
    with (
        proxy(own, SEED) as other,
        site(folder, address(request, request.param, folder), SCRAPYD_URLS=f"{own},{other}") as it,
    ):
        it.system.scrapyd_url = own
        yield it


def asked(here):
    return here.vk.counts()["ids"].get("wall.getById", 0)


def idle(here):
    status = here.system.scrapyd("daemonstatus.json").json()
    return status["pending"] + status["running"] == 0


def new_run(here):
    with here.engine.connect() as connection:
        return connection.execute(text("SELECT id FROM runs WHERE finished_at IS NULL")).scalar()


def test_of_ten_processes_with_one_run_one_works(here, anna, batch):
    here.vk.set(latency=1)
    anna.submit(batch())
    run = here.until(lambda: new_run(here), "dispatched")
    for _ in range(10):
        here.system.scrapyd("schedule.json", project="default", spider="vk_views", jobid=run, run=run)
    here.until(lambda: not anna.open(), "finished")
    log = here.system.folder / f"var/scrapyd/logs/default/vk_views/{run}.log"
    here.until(lambda: idle(here), "rid of the others")
    assert log.read_text().count("Works on run") == 1
    here.vk.set(latency=0)
    invariants.check(here, [anna])


@pytest.mark.parametrize("time", times(1, 10))
def test_an_answer_that_is_lost_makes_no_second_worker(here, anna, batch, time):
    before = asked(here)
    for _ in range(6):
        anna.submit(batch(100))
    here.until(lambda: not anna.open(), "finished", 120)
    invariants.check(here, [anna])
    assert asked(here) - before <= 600 + 1  # `execute` asks for one that tells the kind of a token
