"""How long a process goes on with further runs, with the seconds in the test's hand."""

import asyncio

import pytest

from crawler.queue.succession import Taken
from crawler.run import further_runs
from crawler.run.further_runs import LOOK_SECONDS, STAYS_SECONDS, TAKES_SECONDS, FurtherRuns


class Clock:
    at = 1000.0

    def __call__(self):
        return self.at


class Waiting:
    """In the ledger's place: the platforms whose batches wait, in turn."""

    def __init__(self, platforms):
        self.platforms = list(platforms)

    async def next_platform(self):
        return self.platforms[0] if self.platforms else None

    async def take_next(self, alarm):
        self.platforms.pop(0)
        return Taken("run", "batch")


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()

    async def sleep(seconds):
        clock.at += seconds

    monkeypatch.setattr(further_runs.asyncio, "sleep", sleep)
    return clock


def taken(further, each=lambda: None):
    """How many runs it takes."""
    number = 0
    while asyncio.run(further.next()):
        number += 1
        each()
    return number


@pytest.mark.parametrize(("most", "number"), [(1, 0), (3, 2), (0, 9)])
def test_a_process_works_on_so_many_runs(clock, most, number):
    assert taken(FurtherRuns(Waiting(["vk"] * 9), "vk", most, clock)) == number


def test_no_run_is_taken_after_a_minute(clock):
    further = FurtherRuns(Waiting(["vk"] * 99), "vk", 0, clock)

    def work():
        clock.at += 7

    assert taken(further, work) == TAKES_SECONDS // 7 + 1


def test_the_first_run_of_a_process_stays_for_nobody_and_a_further_one_for_a_second(clock):
    further = FurtherRuns(waiting := Waiting([]), "vk", 0, clock)
    assert taken(further) == 0
    assert clock.at == 1000
    waiting.platforms = ["vk"]
    assert taken(further) == 1
    assert STAYS_SECONDS <= clock.at - 1000 < STAYS_SECONDS + 2 * LOOK_SECONDS


def test_another_platforms_turn_ends_the_process_at_once(clock):
    further = FurtherRuns(waiting := Waiting(["vk", "aa", "vk"]), "vk", 0, clock)
    assert taken(further) == 1
    assert clock.at == 1000
    assert waiting.platforms == ["aa", "vk"]
