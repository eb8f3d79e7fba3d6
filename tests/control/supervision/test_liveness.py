import os

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from control.supervision import liveness, sign_of_life
from control.supervision.liveness import STARTING_SECONDS, Liveness
from control.supervision.sign_of_life import SignOfLife

SILENT = 30.0


class Process:
    """Lives until told otherwise; whoever starts it anew is remembered."""

    def __init__(self):
        self.lives = True
        self.reasons = []

    async def hears(self):
        return self.lives


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(liveness, "reactor", Clock())
    return liveness.reactor


@pytest.fixture
def process():
    return Process()


@pytest.fixture
def watched(clock, process):
    """Let so many seconds pass, with a look in each."""
    watch = Liveness(process.hears, SILENT, process.reasons.append)

    def pass_(seconds):
        for _ in range(int(seconds)):
            clock.advance(1)
            Deferred.fromCoroutine(watch._look())
        return watch

    return pass_


def test_who_lives_is_left_alone(watched, process):
    watched(1000)
    process.lives = False
    watched(SILENT - 1)
    process.lives = True
    watched(1000)
    assert process.reasons == []


def test_who_is_silent_is_started_anew_and_has_its_time_again(watched, process):
    watched(5)
    process.lives = False
    watched(SILENT + 1)
    assert process.reasons == ["has given no sign of life for 30 s"]
    watched(STARTING_SECONDS)
    assert len(process.reasons) == 1
    watched(1)
    assert len(process.reasons) == 2


def test_a_death_gives_the_next_one_its_time(watched, process):
    watched(5)
    process.lives = False
    watched(SILENT - 1).begin()
    watched(STARTING_SECONDS)
    assert process.reasons == []


def test_a_sign_of_life_goes_down_the_pipe_once_a_second(monkeypatch):
    hears, gives = os.pipe()
    monkeypatch.setenv(sign_of_life.SETTING, str(gives))
    now = [0.0]
    monkeypatch.setattr(sign_of_life, "monotonic", lambda: now[0])
    sign = SignOfLife()
    for moment in (0.0, 0.5, 1.0, 1.5, 2.5):
        now[0] = moment
        sign.give()
    assert os.read(hears, 99) == b"..."
    for second in range(100_000):  # nobody reads: what is full is no reason to wait
        now[0] = 10.0 + second
        sign.give()
    os.close(hears)
    now[0] = 1e9
    sign.give()
    os.close(gives)


def test_who_has_no_supervisor_gives_none(monkeypatch):
    monkeypatch.delenv(sign_of_life.SETTING, raising=False)
    SignOfLife().give()
