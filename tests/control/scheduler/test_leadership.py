"""One of several schedulers leads, and another takes over when it is gone."""

import pytest
from sqlalchemy import update

from control.monitoring import heartbeat
from control.scheduler.leadership import RENEW_SECONDS, Leadership
from crawler.store.models.hosts import Leader


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def two(engine, clock):
    return Leadership(engine, "one", clock), Leadership(engine, "other", clock)


def later(clock, engine, *, lapsed=False):
    clock.seconds += RENEW_SECONDS
    if lapsed:
        with engine.begin() as connection:
            connection.execute(update(Leader).values(until=1.0))


@POSTGRESQL
def test_the_first_one_leads_and_goes_on_leading(two, clock, engine):
    for _ in range(3):
        assert [each.held() for each in two] == [True, False]
        later(clock, engine)


@POSTGRESQL
def test_the_other_takes_over_when_the_lease_has_lapsed_and_keeps_it(two, clock, engine):
    one, other = two
    assert one.held()
    later(clock, engine, lapsed=True)
    assert other.held()
    assert not one.held()
    later(clock, engine)
    assert [each.held() for each in two] == [False, True]


@POSTGRESQL
def test_one_that_ends_leaves_the_lease_at_once(two, clock, engine):
    one, other = two
    assert one.held()
    assert not other.held()
    one.end()
    later(clock, engine)
    assert other.held()
    assert [each.leads for each in heartbeat.standings(engine)] == [True]


@POSTGRESQL
def test_who_starts_again_on_the_same_host_leads_at_once(two, clock, engine):
    assert two[0].held()
    assert Leadership(engine, "one", clock).held()


@POSTGRESQL
def test_whose_database_fails_does_not_lead(two, clock, engine, monkeypatch):
    one = two[0]
    assert one.held()
    later(clock, engine)
    monkeypatch.setattr("control.scheduler.leadership._take", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        one.held()
    assert not one.leads


@POSTGRESQL
def test_who_leads_and_who_stands_by_is_told(two, engine):
    for each in two:
        each.held()
    assert sorted(each.leads for each in heartbeat.standings(engine)) == [False, True]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_alone_it_always_leads(engine, clock):
    assert Leadership(engine, "one", clock).held()
    assert heartbeat.standings(engine) == []
