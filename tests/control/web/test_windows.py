"""Windows on a clock that is moved by hand."""

import pytest

from control.web.windows import SWEEP_SECONDS, Limit, Windows

LIMIT = Limit("changes", 5, 60)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_window_begins_with_the_first_request_and_ends_for_its_user_only(clock):
    windows = Windows(clock)
    first = windows.of(LIMIT, "anna")
    assert [first.add(1), first.add(3), first.add(0)] == [1, 4, 4]
    clock.now += 30
    assert windows.of(LIMIT, "boris").add(1) == 1
    clock.now += 29.9
    assert (windows.of(LIMIT, "anna").add(1), windows.left(first)) == (5, 1)
    clock.now += 0.1
    assert windows.of(LIMIT, "anna").add(1) == 1
    assert windows.of(LIMIT, "boris").add(1) == 2


def test_who_only_asks_begins_no_window(clock):
    windows = Windows(clock)
    windows.of(LIMIT, "anna").add(0)
    clock.now += 59
    windows.of(LIMIT, "anna").add(2)
    clock.now += 59
    assert windows.of(LIMIT, "anna").add(2) == 4
    clock.now += 1
    assert windows.of(LIMIT, "anna").add(2) == 2


def test_what_is_over_is_forgotten(clock):
    windows = Windows(clock)
    for who in range(100):
        windows.of(LIMIT, str(who))
    clock.now += LIMIT.seconds + SWEEP_SECONDS
    windows.of(LIMIT, "anna")
    assert len(windows.open) == 1


def test_what_others_have_counted_is_what_the_database_has_beyond_our_own(clock):
    window = Windows(clock).of(LIMIT, "anna")
    window.add(3)
    window.learn(told=4, count=10, name=77.0, end=1050.0)
    assert (window.others, window.untold(), window.end) == (6, -1, 1050.0)


def test_in_another_window_only_what_was_not_told_counts(clock):
    window = Windows(clock).of(LIMIT, "anna")
    window.add(3)
    window.learn(told=3, count=3, name=77.0, end=1050.0)
    window.add(2)
    window.learn(told=4, count=9, name=137.0, end=1110.0)
    assert (window.own, window.told, window.others) == (2, 4, 5)
