"""Who hands links in, and who frees a slot, wakes the scheduler; a signal ends it."""

import os
import signal
from contextlib import closing
from threading import Timer
from time import monotonic

import pytest
from sqlalchemy import make_url

from control.scheduler import wakeup as waking
from control.web.engine import db
from crawler.queue import cancellation, claims, lease, wakeup
from crawler.scrapyd import reaper
from crawler.store.models.base import random_id
from tests.seed import seed

OWNER = random_id()
LONG = 20.0  # seconds; nobody waits for them
LINKS = {"links": ["https://vk.com/wall-1_1"]}


@pytest.fixture(autouse=True)
def var(tmp_path, monkeypatch):
    """A folder of this test's own, so deep that a socket's plain address would not fit."""
    folder = tmp_path / ("deep" * 30)
    folder.mkdir()
    for module in (wakeup, waking):
        monkeypatch.setattr(module, "VAR", folder)
    return folder


@pytest.fixture
def scheduler(database_url, monkeypatch):
    """The scheduler's place to wait, where rings on this database are heard."""
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", str(database_url))
    place = listening(database_url)
    yield place
    place.close()


def listening(database_url):
    place = waking.Wakeup()
    place.source = waking.source(make_url(database_url).get_backend_name())
    assert not woken(place), "nobody has rung yet"
    return place


def woken(place, seconds=0.05):
    """Whether it goes on before its tick."""
    began = monotonic()
    assert place.wait(seconds)
    return monotonic() - began < seconds


def rung(place):
    """Whether somebody rings, once or often: PostgreSQL may pass several on one after another."""
    heard = woken(place, LONG)
    while woken(place):
        pass
    return heard


def test_a_batch_rings_once_it_is_stored(scheduler, anna):
    assert anna.post("/batches", json={"links": []}).status_code == 422
    assert not woken(scheduler)
    for path in ("/batches", "/get-views/vk"):
        assert anna.post(path, json=LINKS).status_code < 300
        assert rung(scheduler)


def test_a_cancelled_and_a_deleted_batch_ring(scheduler, anna):
    made = anna.post("/batches", json=LINKS).json["id"]
    assert rung(scheduler)
    assert anna.post(f"/batches/{made}/cancel").status_code == 200
    assert rung(scheduler)
    assert anna.delete(f"/batches/{made}").status_code == 204
    assert rung(scheduler)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "end",
    [
        lambda run: claims.settle(db.engine, run, 60.0, "finished"),
        lambda run: cancellation.cancel_job(db.engine, run),
        lambda run: reaper.give_up_run(db.engine, run, OWNER),
    ],
    ids=["settled", "cancelled", "its process died"],
)
def test_a_run_that_ends_rings(scheduler, end):
    run = seed(db.engine, ["wall-1_1"])
    lease.start(db.engine, run, 60.0, OWNER)
    assert not woken(scheduler)
    end(run)
    assert rung(scheduler)


@pytest.mark.usefixtures("app")
def test_more_rings_than_a_socket_holds_are_heard_and_over(scheduler):
    for _ in range(1000):
        wakeup.send(db.engine)
    assert rung(scheduler)


@pytest.mark.usefixtures("app")
def test_nobody_hears_and_nobody_is_held_up(var, anna):
    wakeup.send(db.engine)
    var.rmdir()
    assert anna.post("/batches", json=LINKS).status_code == 202


def test_a_scheduler_that_comes_back_hears(scheduler, database_url, anna):
    with closing(listening(database_url)) as again:
        anna.post("/batches", json=LINKS)
        assert rung(again)


def test_a_connection_that_was_cut_is_made_anew(scheduler, anna):
    if db.engine.dialect.name != "postgresql":
        return
    pid = scheduler.source.connection.info.backend_pid
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
    while scheduler.source.connection is not None:
        assert scheduler.wait(LONG)
    assert not woken(scheduler)
    anna.post("/batches", json=LINKS)
    assert rung(scheduler)


def test_a_signal_ends_the_wait(scheduler):
    before = signal.signal(signal.SIGUSR1, scheduler.end)
    later = Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
    later.start()
    began = monotonic()
    going_on = scheduler.wait(LONG)
    later.join()
    signal.signal(signal.SIGUSR1, before)
    assert not going_on
    assert monotonic() - began < LONG / 2
