"""What two API processes let through together, here as two engines of one PostgreSQL."""

import time
from contextlib import contextmanager
from itertools import cycle
from random import Random

import pytest
from sqlalchemy import select, text

from control.accounts import api_processes
from control.web import shared_windows
from control.web.shared_windows import PATIENCE_SECONDS, SharedWindows
from control.web.windows import Limit, Windows
from crawler.store import database
from crawler.store.models.accounts import Attempts

pytestmark = pytest.mark.process
A_MINUTE = Limit("changes", 300, 60)


class Process:
    """An API process as far as it counts."""

    def __init__(self, url):
        self.engine = database.create(url=url)
        api_processes.introduce(self.engine)
        self.windows = Windows()
        self.shared = SharedWindows(self.engine)

    def looks(self):
        self.shared.look_at = 0
        self.shared._look_at_times()
        self.shared.thread.submit(int).result(10)

    def take(self, limit, cost=1, who="anna"):
        """Whether a request is let through, as `rate_limits.take` decides it."""
        window = self.windows.of(limit, who)
        place = self.shared.settle(limit, who, window, window.add(cost))
        return place + window.others <= limit.most

    def end(self):
        self.shared.thread.shutdown()
        self.engine.dispose()


@contextmanager
def processes(url, count=2):
    started = [Process(url) for _ in range(count)]
    for each in [*started, *started]:  # the first look of the first one found nobody else
        each.looks()
    try:
        yield started
    finally:
        for each in started:
            each.end()


@pytest.fixture
def patient(monkeypatch):
    """On a busy machine the database takes its time, and what is let through then is no matter of these tests."""
    monkeypatch.setattr(shared_windows, "PATIENCE_SECONDS", 30)


def counted(engine):
    with engine.connect() as connection:
        return connection.execute(select(Attempts.count)).scalars().all()


@pytest.mark.parametrize("count", [2, 5])
def test_together_they_let_through_what_one_would(postgresql_url, patient, count):
    with processes(postgresql_url, count) as started:
        taken = sum(next_.take(A_MINUTE) for next_, _ in zip(cycle(started), range(3 * A_MINUTE.most), strict=False))
    assert A_MINUTE.most * 0.9 <= taken <= A_MINUTE.most


@pytest.mark.parametrize("most", [1, 7, 60, 300])
def test_they_do_so_whoever_is_asked_when(postgresql_url, patient, most):
    limit, chance = Limit("changes", most, 60), Random(most)
    with processes(postgresql_url) as started:
        for who in "abc":
            one = chance.random()
            taken = sum(chance.choices(started, (one, 1 - one))[0].take(limit, who=who) for _ in range(3 * most))
            assert most * 0.9 <= taken <= most * 1.1


def test_who_asks_one_of_them_only_has_nearly_all(postgresql_url, patient):
    with processes(postgresql_url) as (one, other):
        assert sum(one.take(A_MINUTE) for _ in range(400)) == A_MINUTE.most
        assert sum(other.take(A_MINUTE) for _ in range(400)) <= A_MINUTE.most / 10


def test_what_counts_much_counts_for_all(postgresql_url, patient):
    links = Limit("links", 1000, 60)
    with processes(postgresql_url) as (one, other):
        assert [one.take(links, 600), other.take(links, 600), one.take(links, 300)] == [True, False, False]


def test_another_window_begins_for_all(postgresql_url, patient):
    short = Limit("reads", 20, 1)
    with processes(postgresql_url) as (one, other):
        for _ in range(2):
            began = time.monotonic()
            taken = sum(each.take(short) for _ in range(30) for each in (one, other))
            windows = 1 + int(time.monotonic() - began)  # a busy machine may take longer than one lasts
            assert 18 <= taken <= 22 * windows
            time.sleep(1.05)


def test_who_is_alone_writes_nothing_and_is_as_before(postgresql_url):
    with processes(postgresql_url, 1) as (one,):
        assert sum(one.take(A_MINUTE) for _ in range(400)) == A_MINUTE.most
        assert counted(one.engine) == []


def test_a_user_who_asks_little_costs_nothing(postgresql_url):
    with processes(postgresql_url) as (one, other):
        assert all(one.take(A_MINUTE) for _ in range(A_MINUTE.most // 20))
        assert counted(other.engine) == []


def test_who_is_left_alone_counts_alone(postgresql_url):
    with processes(postgresql_url) as (one, other):
        other.end()
        other.engine.dispose()
        until = time.monotonic() + 10
        while one.shared.processes > 1:
            assert time.monotonic() < until
            one.looks()
        assert sum(one.take(A_MINUTE) for _ in range(400)) == A_MINUTE.most


def test_a_database_that_hangs_holds_nobody_up_and_refuses_nobody(postgresql_url):
    with processes(postgresql_url) as (one, other):
        assert all(other.take(A_MINUTE) for _ in range(20))
        with other.engine.begin() as connection:
            connection.execute(text("LOCK TABLE tries"))
            began = time.monotonic()
            assert all(one.take(A_MINUTE) for _ in range(A_MINUTE.most))
            assert time.monotonic() - began < 3 * PATIENCE_SECONDS
        assert not one.take(A_MINUTE)


def test_a_database_that_is_away_refuses_nobody(postgresql_url):
    with processes(postgresql_url) as (one, _):
        one.engine.dispose()
        one.shared.engine = database.create(url="postgresql://nobody@127.0.0.1:1/none")
        assert all(one.take(A_MINUTE) for _ in range(A_MINUTE.most))


def test_behind_a_pooler_others_are_taken_for_granted(postgresql_url, monkeypatch):
    with processes(postgresql_url, 1) as (one,):
        monkeypatch.setenv("DATABASE_POOLER", "on")
        one.looks()
        assert one.shared.processes == api_processes.BEHIND_A_POOLER
