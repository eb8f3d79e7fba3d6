"""What makes a stock scrapyd start nothing any more: planted, and a minute later all is well without a hand."""

import sqlite3
import time
from threading import Thread

import pytest
import requests
from sqlalchemy import text

from tests.chaos import invariants
from tests.chaos.site import site
from tests.crawler.scrapyd.daemon import enqueue

pytestmark = pytest.mark.process

SECONDS = 60.0


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wedges")
    with site(folder, f"sqlite:///{folder / 'views.db'}") as started:
        yield started


def answers(here):
    try:
        return here.system.scrapyd("daemonstatus.json").ok
    except requests.ConnectionError:
        return False


def plant(here, job, times=3, **arguments):
    """Have jobs started that cannot be, by default more than there are slots."""
    for _ in range(times):
        enqueue(here.system.folder, job, **arguments)


def over_long_arguments(here):
    plant(here, "1" * 32, run="x" * 200_000)


def bad_job_ids(here):
    plant(here, "../../../x", run="x")


def a_locked_queue(here):
    def lock():
        queue = sqlite3.connect(here.system.folder / "var/scrapyd/dbs/default.db")
        queue.execute("BEGIN EXCLUSIVE")
        locked.append(True)
        time.sleep(12)
        queue.close()

    locked = []
    Thread(target=lock, daemon=True).start()
    here.until(lambda: locked, "locked")


def a_scrapyd_that_hangs(here):
    here.signal(here.pids("scrapyd"), "SIGSTOP")


def leaked_slots(here):
    """Leak both, with the launcher that does: only a restart gives them back, which has to come from somebody else."""
    settings = here.system.folder / "scrapy.cfg"
    stock = "scrapyd.launcher.Launcher\nmax_proc = 2"
    settings.write_text(settings.read_text().replace("crawler.scrapyd.launcher.Launcher", stock))
    old = here.kill("scrapyd")
    here.until(lambda: set(here.pids("scrapyd")) - {old}, "restarted")
    here.until(lambda: answers(here), "back")
    plant(here, "1" * 32, times=2, run="x" * 200_000)


@pytest.mark.parametrize(
    "wedge", [over_long_arguments, bad_job_ids, a_locked_queue, a_scrapyd_that_hangs, leaked_slots]
)
def test_service_is_back_within_a_minute_and_no_link_is_charged(here, anna, batch, wedge):
    wedge(here)
    for _ in range(3):
        anna.submit(batch())
    here.until(lambda: not anna.open(), "finished", SECONDS)
    with here.engine.connect() as connection:
        assert connection.execute(text("SELECT max(attempts) FROM links")).scalar() == 0
    invariants.check(here, [anna])
