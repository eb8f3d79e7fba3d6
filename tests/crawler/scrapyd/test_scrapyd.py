"""A real scrapyd with our parts in it: what it starts, cancels and leaves behind."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from time import monotonic, sleep

import pytest
import requests
from sqlalchemy import select, text, update

from crawler import database
from crawler.models import Link, Run
from crawler.scrapyd import reaper
from tests.checkout import copy_to
from tests.processes import MARK, marked, of_module
from tests.seed import seed
from tests.system import clean_environment, free_port

SPIDER = "crawler.scrapyd.runner"
AUTH = ("views", "the password of the tests' own scrapyd")


def until(true, what, seconds=20.0):
    end = monotonic() + seconds
    while monotonic() < end:
        if result := true():
            return result
        sleep(0.05)
    raise AssertionError(f"not {what}")


class Scrapyd:
    """A scrapyd in a copy of the checkout with a database of its own, and a VK that never answers."""

    def __init__(self, folder, database_file, vk):
        self.folder = folder
        self.mark = f"{os.getpid()}-scrapyd"
        self.port = free_port()
        self.vk = vk
        self.engine = database.create(url=f"sqlite:///{database_file}")
        self.environment = clean_environment() | {
            MARK: self.mark,
            "SQLALCHEMY_DATABASE_URL": f"sqlite:///{database_file}",
            "SCRAPYD_HTTP_PORT": str(self.port),
            "SCRAPYD_USERNAME": AUTH[0],
            "SCRAPYD_PASSWORD": AUTH[1],
            "VK_TOKENS": "token",
            "VK_API_URL": f"http://127.0.0.1:{vk.getsockname()[1]}",
            "MAX_RUNS": "1",
            "LEASE_SECONDS": "6",
        }
        self.log = folder / "scrapyd.log"

    def start(self):
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "scrapyd", "--pidfile="]
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until(self.answers, "answering")

    def answers(self):
        try:
            return self.ask("daemonstatus.json")
        except requests.ConnectionError:
            return None

    def ask(self, path, **form):
        method = "POST" if form else "GET"
        url = f"http://127.0.0.1:{self.port}/{path}"
        return requests.request(method, url, data=form, auth=AUTH, timeout=20).json()

    def schedule(self, run, **more):
        form = {"project": "default", "spider": "vk_views", "jobid": run, "run": run} | more
        assert self.ask("schedule.json", **form)["status"] == "ok"

    def jobs(self, state):
        return [job["id"] for job in self.ask("listjobs.json?project=default")[state]]

    def spider(self):
        return of_module(self.mark, SPIDER)

    def run(self, links):
        """Commit a run, and wait until its spider has a request on the wire; its id."""
        run = seed(self.engine, links)
        self.schedule(run)
        until(lambda: self.one(select(Link.id).where(Link.run_id == run, Link.sent.is_(True))), "sent")
        return run

    def one(self, statement):
        with self.engine.connect() as connection:
            return connection.execute(statement).first()

    def rows(self, run):
        """Status and reason of each link in the run's batch."""
        batch = select(Run.batch_id).where(Run.id == run).scalar_subquery()
        statement = (
            select(Link.status, Link.reason, Link.attempts).where(Link.batch_id == batch).order_by(Link.position)
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]

    def outcome(self, run):
        return tuple(self.one(select(Run.state, Run.outcome).where(Run.id == run)))

    def cancel(self, run):
        return self.ask("cancel.json", project="default", job=run)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(10)

    def clear(self):
        """Kill what runs, and forget what waits."""
        for pid in marked(self.mark):
            os.kill(pid, signal.SIGKILL)
        self.process.wait(10)
        shutil.rmtree(self.folder / "var", ignore_errors=True)


@pytest.fixture
def scrapyd(tmp_path, migrated_sqlite, copied):
    file = shutil.copy(migrated_sqlite, tmp_path / "views.db")
    with socket.create_server(("127.0.0.1", 0)) as silent_vk:
        scrapyd = Scrapyd(copied, file, silent_vk)
        scrapyd.start()
        yield scrapyd
        scrapyd.clear()
        scrapyd.engine.dispose()


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    return copy_to(tmp_path_factory.mktemp("checkout") / "views")


def test_cancel_ends_a_pending_and_a_running_run_with_their_links(scrapyd):
    running = scrapyd.run(["wall-1_1", "wall-1_2"])
    pending = seed(scrapyd.engine, ["wall-1_3"])
    scrapyd.schedule(pending)
    until(lambda: scrapyd.jobs("pending") == [pending], "pending")

    assert scrapyd.cancel(pending)["prevstate"] == "pending"
    assert scrapyd.cancel(running)["prevstate"] == "running"

    assert scrapyd.outcome(pending) == scrapyd.outcome(running) == ("finished", "cancelled")
    assert scrapyd.rows(pending) == [("failed", "cancelled", 0)]
    assert scrapyd.rows(running) == [("failed", "cancelled", 0)] * 2
    scrapyd.vk.close()  # a spider closes when what it has asked is answered, or never will be
    until(lambda: not scrapyd.spider(), "ended")
    assert "not found" in scrapyd.ask("cancel.json", project="nonesuch", job=running)["message"]


def test_a_cancel_that_the_database_refuses_is_an_error_and_the_run_goes_on(scrapyd):
    run = scrapyd.run(["wall-1_1"])
    with scrapyd.engine.begin() as connection:
        connection.execute(text("ALTER TABLE links RENAME TO hidden"))
    assert scrapyd.cancel(run) | {"node_name": ""} == {
        "node_name": "",
        "status": "error",
        "message": "not cancelled, the database failed: OperationalError",
    }
    assert scrapyd.spider()


def test_a_stop_leaves_no_spider_and_charges_no_link(scrapyd):
    run = scrapyd.run(["wall-1_1"])
    scrapyd.stop()
    assert marked(scrapyd.mark) == {}
    assert scrapyd.outcome(run) == ("finished", "shutdown")
    assert scrapyd.rows(run) == [("created", None, 0)]


def test_a_killed_scrapyd_takes_its_spiders_along_and_pending_runs_survive(scrapyd):
    scrapyd.run(["wall-1_1"])
    pending = seed(scrapyd.engine, ["wall-1_2"])
    scrapyd.schedule(pending)
    scrapyd.stop(signal.SIGKILL)
    until(lambda: marked(scrapyd.mark) == {}, "ended", 5)
    scrapyd.start()
    until(lambda: scrapyd.jobs("running") == [pending], "running")


def test_a_killed_spider_gives_its_links_back_at_once(scrapyd):
    run = scrapyd.run(["wall-1_1", "wall-1_2"])
    with scrapyd.engine.begin() as connection:
        connection.execute(update(Run).values(lease_until=1e12))
        connection.execute(update(Link).where(Link.position == 1).values(sent=False))
    os.kill(scrapyd.spider(), signal.SIGKILL)
    until(lambda: scrapyd.outcome(run) == ("lost", "its process died"), "lost", 3)
    assert scrapyd.rows(run) == [("created", None, 1), ("created", None, 0)]


def test_of_a_job_that_was_posted_twice_the_second_process_takes_nothing_from_the_first(scrapyd):
    run = scrapyd.run(["wall-1_1"])
    environment = scrapyd.environment | {"SCRAPY_JOB": run}
    command = [sys.executable, "-m", SPIDER, "crawl", "vk_views", "-a", f"run={run}"]
    with subprocess.Popen(command, cwd=scrapyd.folder, env=environment, stdin=subprocess.PIPE, stderr=-3) as second:
        assert second.wait(20) == 0
    reaper.bury(scrapyd.engine, run, second.pid)
    assert scrapyd.outcome(run) == ("running", None)


def test_a_spider_that_is_stopped_keeps_nobody_waiting(scrapyd):
    run = scrapyd.run(["wall-1_1"])
    os.kill(scrapyd.spider(), signal.SIGSTOP)
    until(lambda: scrapyd.outcome(run)[0] == "lost", "lost", 15)
    assert scrapyd.outcome(run)[1] == "its process died"
    scrapyd.run(["wall-1_2"])


def test_a_cancelled_run_gives_its_slot_back_though_vk_is_silent(scrapyd):
    scrapyd.cancel(scrapyd.run(["wall-1_1"]))
    scrapyd.run(["wall-1_2"])


def test_a_job_that_cannot_be_started_gives_its_slot_back(scrapyd):
    scrapyd.schedule("../../../x")
    scrapyd.schedule("1" * 32, links="x" * 131_072)
    scrapyd.run(["wall-1_1"])
    log = scrapyd.log.read_text()
    assert "Job ../../../x could not be started" in log
    assert f"Job {'1' * 32} could not be started" in log


def test_a_locked_queue_stops_no_polling_and_an_unlistable_job_no_slot(scrapyd):
    dbs = scrapyd.folder / "var/scrapyd/dbs"
    with sqlite3.connect(dbs / "default.db") as queue:
        queue.execute("ALTER TABLE spider_queue RENAME TO hidden")
        until(lambda: "The queue could not be read" in scrapyd.log.read_text(), "failed")
        queue.execute("ALTER TABLE hidden RENAME TO spider_queue")
    with sqlite3.connect(dbs / "jobs.db") as jobs:
        jobs.execute("DROP TABLE finished_jobs")
    scrapyd.schedule("2" * 32)
    until(lambda: "could not be listed as finished" in scrapyd.log.read_text(), "ended")
    scrapyd.run(["wall-1_1"])
    queue.close()
    jobs.close()
