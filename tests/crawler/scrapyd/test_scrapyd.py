"""What a scrapyd with our parts in it starts, cancels and leaves behind."""

import os
import signal
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import select, text, update

from crawler.scrapyd import reaper
from crawler.store.models.base import random_id
from crawler.store.models.batches import Link
from crawler.store.models.runs import Run
from tests.crawler.scrapyd.daemon import until
from tests.processes import RUNNER, marked
from tests.seed import seed

pytestmark = pytest.mark.process

cold_or_warm = pytest.mark.parametrize("scrapyd", [0, 2], ids=["cold", "warm"], indirect=True)


@cold_or_warm
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


@cold_or_warm
def test_a_stop_leaves_no_spider_and_charges_no_link(scrapyd):
    run = scrapyd.run(["wall-1_1"])
    scrapyd.stop()
    assert marked(scrapyd.mark) == {}
    assert scrapyd.outcome(run) == ("finished", "shutdown")
    assert scrapyd.rows(run) == [("created", None, 0)]


@cold_or_warm
def test_a_killed_scrapyd_takes_its_spiders_along_and_pending_runs_survive(scrapyd):
    scrapyd.run(["wall-1_1"])
    pending = seed(scrapyd.engine, ["wall-1_2"])
    scrapyd.schedule(pending)
    scrapyd.stop(signal.SIGKILL)
    until(lambda: marked(scrapyd.mark) == {}, "ended", 5)
    scrapyd.start()
    until(lambda: scrapyd.jobs("running") == [pending], "running")


@cold_or_warm
def test_a_killed_spider_gives_its_links_back_at_once(scrapyd):
    run = scrapyd.run(["wall-1_1", "wall-1_2"])
    with scrapyd.engine.begin() as connection:
        connection.execute(update(Run).values(lease_until=1e12))
        connection.execute(update(Link).where(Link.position == 1).values(sent=False))
    os.kill(scrapyd.spider(), signal.SIGKILL)
    until(lambda: scrapyd.outcome(run) == ("lost", "its process died"), "lost", 3)
    assert scrapyd.rows(run) == [("created", None, 1), ("created", None, 0)]


def test_a_spider_that_dies_while_the_database_is_away_gives_its_links_back_once_it_is_there_again(scrapyd):
    run = scrapyd.run(["wall-1_1"])
    with scrapyd.engine.begin() as connection:
        connection.execute(update(Run).values(lease_until=1e12))
        connection.execute(text("ALTER TABLE runs RENAME TO hidden"))
    os.kill(scrapyd.spider(), signal.SIGKILL)
    until(lambda: "which cannot be stored" in scrapyd.log.read_text(), "tried")
    with scrapyd.engine.begin() as connection:
        connection.execute(text("ALTER TABLE hidden RENAME TO runs"))
    until(lambda: scrapyd.outcome(run) == ("lost", "its process died"), "lost", 10)


def test_of_a_job_that_was_posted_twice_the_second_process_takes_nothing_from_the_first(scrapyd):
    run = scrapyd.run(["wall-1_1"])
    environment, owner = scrapyd.environment | {"SCRAPY_JOB": run}, random_id()
    command = [sys.executable, "-m", RUNNER, "crawl", "vk_views", "-a", f"run={run}", "-s", f"RUN_OWNER={owner}"]
    with subprocess.Popen(command, cwd=scrapyd.folder, env=environment, stdin=subprocess.PIPE, stderr=-3) as second:
        assert second.wait(20) == 0
    reaper.give_up_run(scrapyd.engine, run, owner)
    assert scrapyd.outcome(run) == ("running", None)


@cold_or_warm
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
    scrapyd.queue("../../../x", run="x")
    scrapyd.queue("1" * 32, links="x" * 131_072)
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
    scrapyd.schedule(scrapyd.over())
    until(lambda: "could not be listed as finished" in scrapyd.log.read_text(), "ended")
    scrapyd.run(["wall-1_1"])
    queue.close()
    jobs.close()


def further(scrapyd):
    """A job whose first run had nothing to do, and that works on another batch now; its id, and the second run's."""
    scrapyd.ready()
    second = seed(scrapyd.engine, ["wall-1_2"], run=False)
    job = seed(scrapyd.engine, ["spam"])
    scrapyd.schedule(job)
    until(lambda: scrapyd.one(select(Link.id).where(Link.batch_id == second, Link.sent.is_(True))), "sent")
    return job, scrapyd.one(select(Run.id).where(Run.batch_id == second)).id


@cold_or_warm
def test_a_cancel_in_the_console_ends_the_batch_that_its_job_works_on_now(scrapyd):
    job, run = further(scrapyd)
    assert scrapyd.jobs("running") == [job]
    assert scrapyd.cancel(job)["prevstate"] == "running"
    assert scrapyd.outcome(run) == ("finished", "cancelled")
    assert scrapyd.rows(run) == [("failed", "cancelled", 0)]


def test_a_killed_process_gives_back_what_its_further_run_held(scrapyd):
    _, run = further(scrapyd)
    os.kill(scrapyd.spider(), signal.SIGKILL)
    until(lambda: scrapyd.outcome(run) == ("lost", "its process died"), "lost", 10)
    assert scrapyd.rows(run) == [("created", None, 1)]


def test_a_stop_ends_a_further_run_in_order(scrapyd):
    job, run = further(scrapyd)
    assert f"run={run} Works on run={run}" in scrapyd.spider_log(job)
    scrapyd.stop()
    assert marked(scrapyd.mark) == {}
    assert scrapyd.outcome(run) == ("finished", "shutdown")
    assert scrapyd.rows(run) == [("created", None, 0)]
