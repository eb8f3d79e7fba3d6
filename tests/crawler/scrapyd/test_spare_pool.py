"""Spares: what takes a job over, what happens to those that do not, and that none is left behind."""

import os
import re
import signal

import pytest

from tests.crawler.scrapyd.daemon import until
from tests.processes import job_of, marked, spares, spiders
from tests.seed import seed

pytestmark = pytest.mark.process

warm = pytest.mark.parametrize("scrapyd", [1, 2], ids=["one", "two"], indirect=True)
one = pytest.mark.parametrize("scrapyd", [1], ids=["one"], indirect=True)


def pid_of(scrapyd, run):
    """The process that has won the run, once there is one."""
    until(lambda: scrapyd.outcome(run)[0] == "running", "running")
    return next(pid for pid in spiders(scrapyd.mark) if job_of(pid) == run)


def gist(log):
    """A log without what differs from run to run: times, ids, numbers."""
    return re.sub(r"\b[0-9a-f]{32}\b|\d+|'items_per_minute.*|.*memusage.*", "", log)


@warm
def test_a_job_takes_a_spare_and_another_gets_ready(scrapyd):
    first = scrapyd.run(["wall-1_1"])
    assert pid_of(scrapyd, first) not in scrapyd.ready()
    assert scrapyd.jobs("running") == [first]
    assert scrapyd.ask("listjobs.json?project=default")["running"][0]["pid"] == pid_of(scrapyd, first)
    scrapyd.cancel(first)
    scrapyd.vk.close()
    until(lambda: scrapyd.jobs("finished") == [first], "finished")


@one
def test_a_warm_log_is_as_a_cold_one(scrapyd):
    logs = []
    for signal_first in (0, signal.SIGKILL):
        for spare in scrapyd.ready():
            os.kill(spare, signal_first)
        job = scrapyd.over()
        scrapyd.schedule(job)
        until(lambda job=job: job in scrapyd.jobs("finished"), "finished")
        logs.append(scrapyd.spider_log(job))
    assert "is not to be had" in logs[0]
    assert gist(logs[0]) == gist(logs[1])


@one
def test_a_failing_job_fails_as_a_cold_one(scrapyd):
    job = "3" * 32
    scrapyd.ready()
    scrapyd.queue(job, links="wall-1_1", run=job)
    until(lambda: scrapyd.jobs("finished") == [job], "finished")
    log = scrapyd.log.read_text()
    assert "give links, or (scrapyd does) a run" in log
    assert f"Process died: exitstatus=2 project='default' spider='vk_views' job='{job}'" in log


@one
def test_a_spare_that_dies_before_it_takes_its_job_loses_nothing(scrapyd):
    (spare,) = scrapyd.ready()
    os.kill(spare, signal.SIGSTOP)
    run = seed(scrapyd.engine, ["wall-1_1"])
    scrapyd.schedule(run)
    until(lambda: scrapyd.jobs("running") == [run], "handed over")
    os.kill(spare, signal.SIGKILL)
    assert pid_of(scrapyd, run) != spare
    assert scrapyd.outcome(run) == ("running", None)
    assert f"Spare {spare} ended before it took job {run}" in scrapyd.log.read_text()
    os.kill(scrapyd.spider(), signal.SIGKILL)
    until(lambda: scrapyd.outcome(run) == ("lost", "its process died"), "lost", 5)


@one
def test_a_spare_that_hangs_loses_nothing(scrapyd):
    (spare,) = scrapyd.ready()
    os.kill(spare, signal.SIGSTOP)
    run = seed(scrapyd.engine, ["wall-1_1"])
    scrapyd.schedule(run)
    assert pid_of(scrapyd, run) != spare
    assert f"Spare {spare} hangs and is killed" in scrapyd.log.read_text()


@one
def test_a_job_that_is_cancelled_before_its_spare_takes_it_does_not_start(scrapyd):
    job = scrapyd.over()
    (spare,) = scrapyd.ready()
    os.kill(spare, signal.SIGSTOP)
    scrapyd.schedule(job)
    until(lambda: scrapyd.jobs("running") == [job], "handed over")
    scrapyd.cancel(job)
    os.kill(spare, signal.SIGCONT)
    until(lambda: scrapyd.jobs("finished") == [job], "finished")
    assert f"took job {job}" not in scrapyd.log.read_text()


@warm
def test_killed_spares_are_replaced_and_jobs_start_all_the_same(scrapyd):
    killed = scrapyd.ready()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    run = seed(scrapyd.engine, ["wall-1_1"])
    scrapyd.schedule(run)
    assert pid_of(scrapyd, run) not in killed
    assert not set(scrapyd.ready()) & set(killed)


@warm
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
@pytest.mark.parametrize("loading", [False, True], ids=["ready", "loading"])
def test_no_spare_outlives_its_scrapyd(scrapyd, number, loading):
    until(lambda: spares(scrapyd.mark), "loading")
    if not loading:
        scrapyd.ready()
    scrapyd.stop(number)
    until(lambda: marked(scrapyd.mark) == {}, "ended", 5)
