from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

import pytest

from control.monitoring.cached_look import MOST_WAITING, CachedLook

LONG = 60.0


class Sight:
    """Something to look at: it shows how often it was looked at, and hides until it is let go."""

    def __init__(self):
        self.looks = 0
        self.shown = Event()
        self.shown.set()

    def __call__(self):
        self.looks += 1
        number = self.looks
        assert self.shown.wait(LONG)
        return number


@pytest.fixture
def sight():
    sight = Sight()
    yield sight
    sight.shown.set()


def test_what_was_seen_is_told_for_a_while(sight):
    now = [0.0]
    cached = CachedLook(sight, 1, LONG, 10, lambda: now[0])
    told = []
    for moment in (0.0, 0.9, 1.1, 5.0):
        now[0] = moment
        told.append(cached.report())
    assert told == [1, 1, 2, 3]


def test_few_wait_for_a_look_and_the_others_are_told_the_last(sight):
    now = [0.0]
    cached = CachedLook(sight, 1, LONG, 10, lambda: now[0])
    assert cached.report() == 1
    now[0] = 9.0
    sight.shown.clear()
    with ThreadPoolExecutor(10) as threads:
        ended = as_completed([threads.submit(cached.report) for _ in range(10)], LONG)
        assert [next(ended).result() for _ in range(10 - MOST_WAITING)] == [1] * (10 - MOST_WAITING)
        sight.shown.set()
        assert [report.result() for report in ended] == [2] * MOST_WAITING
    assert sight.looks == 2


def test_the_last_look_is_no_news_for_ever(sight):
    now = [0.0]
    cached = CachedLook(sight, 1, 0.01, 10, lambda: now[0])
    sight.shown.clear()
    with pytest.raises(TimeoutError):
        cached.report()
    sight.shown.set()
    assert cached.report(LONG) == 1
    sight.shown.clear()
    for moment in (5.0, 10.0):
        now[0] = moment
        assert cached.report() == 1
    now[0] = 10.1
    with pytest.raises(TimeoutError):
        cached.report()


def test_a_look_that_fails_is_told_and_not_remembered(sight):
    now = [0.0]
    cached = CachedLook(sight, 1, LONG, 10, lambda: now[0])
    assert cached.report() == 1
    now[0] = 2.0
    cached.look = lambda: 1 / 0
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            cached.report()
    cached.look = sight
    assert cached.report() == 2
