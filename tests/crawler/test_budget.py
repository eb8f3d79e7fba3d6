import pytest
from sqlalchemy import update

from crawler import budget
from crawler.database import writing
from crawler.models import Budget


def reserve(engine, rate=10.0):
    with writing(engine) as connection:
        (delay,) = budget.reserve(connection, [("token:x", rate)])
        return delay


def test_slots_lie_one_gap_apart(engine):
    delays = [reserve(engine) for _ in range(20)]
    assert delays[0] == 0
    assert 1.9 - 1.0 < delays[-1] <= 1.9  # the time that the 20 statements took is gone already
    assert delays == sorted(delays)


def test_time_that_nobody_used_is_no_credit(engine):
    reserve(engine)
    with engine.begin() as connection:
        connection.execute(update(Budget).values(next_at=1.0))
    assert reserve(engine, rate=1.0) == 0
    assert reserve(engine, rate=1.0) == pytest.approx(1.0, abs=0.5)


def test_a_pause_stops_everybody_and_a_shorter_one_does_not_shorten_it(engine):
    reserve(engine)
    budget.pause(engine, "token:x", 100, "captcha")
    budget.pause(engine, "token:x", 1, "flood")
    assert reserve(engine) is None
    state = budget.states(engine, ["token:x"])["token:x"]
    assert (state.why, round(state.paused)) == ("captcha", 100)


def test_a_budget_nobody_used_can_be_paused_and_told_its_kind(engine):
    assert budget.states(engine, ["token:x"]) == {}
    budget.pause(engine, "token:x", 100, "captcha")
    budget.learn(engine, "token:x", "user")
    assert budget.states(engine, ["token:x"])["token:x"].kind == "user"


def test_several_slots_are_taken_together_and_a_pause_concerns_its_own_budget_only(engine):
    budget.pause(engine, "token:x", 100, "captcha")
    with writing(engine) as connection:
        slots = budget.reserve(connection, [("token:y", 0.1), ("token:x", 0.1), ("host:z", 0.1), ("token:y", 0.1)])
    assert slots == [0, None, 0, pytest.approx(10, abs=1)]
