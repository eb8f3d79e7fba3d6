"""A batch that has come wakes the scheduler; a signal ends it."""

import os
import signal
from threading import Timer
from time import monotonic

import pytest

from control import doorbell

LONG = 20.0  # seconds; nobody waits for them
LINKS = {"links": ["https://vk.com/wall-1_1"]}


@pytest.fixture
def bell():
    hears, rings = doorbell.make()
    os.set_blocking(hears, False)
    yield hears, rings
    os.close(hears)
    os.close(rings)


@pytest.fixture
def api(bell, monkeypatch):
    monkeypatch.setenv(doorbell.SETTING, str(bell[1]))


@pytest.fixture
def door(bell, monkeypatch):
    monkeypatch.setenv(doorbell.SETTING, str(bell[0]))
    return doorbell.Door()


def waited(door, seconds):
    """Whether it goes on, and for how many seconds it has waited."""
    began = monotonic()
    return door.wait(seconds), monotonic() - began


def goes_on_at_once(door):
    going_on, seconds = waited(door, LONG)
    return going_on and seconds < LONG / 2


def waits_for_the_tick(door):
    going_on, seconds = waited(door, 0.05)
    return going_on and seconds >= 0.05


@pytest.mark.usefixtures("api")
def test_a_batch_rings_once_it_is_stored(anna, bell):
    assert anna.post("/batches", json={"links": []}).status_code == 422
    with pytest.raises(BlockingIOError):
        os.read(bell[0], 9)
    for path in ("/batches", "/get-views/vk"):
        assert anna.post(path, json=LINKS).status_code < 300
        assert os.read(bell[0], 9) == b"!"


@pytest.mark.usefixtures("api")
def test_a_bell_that_nobody_hears_holds_nobody_up(anna, bell):
    assert os.write(bell[1], bytes(1_000_000)) < 1_000_000
    assert anna.post("/batches", json=LINKS).status_code == 202


def test_rings_end_the_wait_all_together(door, bell):
    os.write(bell[1], b"!!!")
    assert goes_on_at_once(door)
    assert waits_for_the_tick(door)


def test_a_signal_ends_the_wait(door):
    before = signal.signal(signal.SIGUSR1, door.end)
    later = Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
    later.start()
    going_on, seconds = waited(door, LONG)
    later.join()
    signal.signal(signal.SIGUSR1, before)
    assert not going_on
    assert seconds < LONG / 2


def test_where_nobody_is_left_who_could_ring_it_waits_for_the_tick(monkeypatch):
    hears, rings = doorbell.make()
    monkeypatch.setenv(doorbell.SETTING, str(hears))
    door = doorbell.Door()
    os.close(rings)
    assert goes_on_at_once(door)
    assert waits_for_the_tick(door)
    os.close(hears)
