"""Two hosts on one PostgreSQL: another scheduler takes over, and runs leave a node that is not there."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from control.monitoring import heartbeat
from crawler.store import database
from tests.checkout import copy_to
from tests.system import System, free_port
from tests.vk_standin.client import StandIn

pytestmark = pytest.mark.process
LINKS = ["https://vk.com/wall-1_1", "https://vk.com/wall-1_2"]


@contextmanager
def running(folder, vk, url, **settings):
    copy_to(folder)
    given = vk.environment() | {"SQLALCHEMY_DATABASE_URL": url, "VK_TOKENS": "standin-service", "WARM_SPARES": "0"}
    system = System(folder, given | settings)
    try:
        system.start()
        system.login()
        yield system
    finally:
        system.stop()


@contextmanager
def standby(folder, system):
    """A scheduler on a host of its own, with the secrets of the first one."""
    copy_to(folder)
    secrets = {
        name: (system.folder / "var" / name.lower()).read_text().strip() for name in ("SECRET_KEY", "SCRAPYD_PASSWORD")
    }
    command = [sys.executable, "-m", "control.scheduler"]
    with subprocess.Popen(command, cwd=folder, env=system.environment | secrets, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def stopped(*pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_standby_takes_over_from_a_scheduler_that_hangs(tmp_path, postgresql_url):
    engine = database.create(url=postgresql_url)
    with StandIn() as vk, running(tmp_path / "one", vk, postgresql_url) as system, standby(tmp_path / "other", system):
        system.until(lambda: len(heartbeat.standings(engine)) == 2, 20, "two schedulers")
        assert sum(each.leads for each in heartbeat.standings(engine)) == 1
        supervisor = int((system.folder / "var/scheduler.lock").read_text())
        with stopped(supervisor, system.pid_of("control.scheduler")):
            rows = system.finished(system.submit(LINKS), 45)
            assert {row["status"] for row in rows} == {"done"}
            assert sum(each.leads for each in heartbeat.standings(engine)) == 1
        rows = system.finished(system.submit(LINKS), 45)
        assert {row["status"] for row in rows} == {"done"}
    engine.dispose()


def test_runs_leave_a_node_that_is_not_there(tmp_path, postgresql_url):
    own, nobody = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    urls = {"SCRAPYD_URLS": f"{own},{nobody}", "MAX_RUNS": "2"}
    with StandIn() as vk, running(tmp_path / "one", vk, postgresql_url, **urls) as system:
        batches = [system.submit(LINKS) for _ in range(4)]
        for batch in batches:
            assert {row["status"] for row in system.finished(batch, 60)} == {"done"}
