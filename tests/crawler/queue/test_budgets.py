import pytest
from sqlalchemy import update

from crawler.queue import budgets
from crawler.store.database import writing
from crawler.store.models.runs import Budget


def reserve(engine, rate=10.0):
    with writing(engine) as connection:
        (delay,) = budgets.reserve(connection, [("token:x", rate)])
        return delay


def test_slots_lie_one_gap_apart(engine):
    delays = [reserve(engine, rate=1.0) for _ in range(20)]
    assert delays[0] == 0
    assert 19 - 15 < delays[-1] <= 19  # the time that the 20 statements took is gone already
    assert delays == sorted(delays)


def test_time_that_nobody_used_is_no_credit(engine):
    reserve(engine)
    with engine.begin() as connection:
        connection.execute(update(Budget).values(next_at=1.0))
    assert reserve(engine, rate=0.05) == 0
    assert reserve(engine, rate=0.05) == pytest.approx(20, abs=15)


@pytest.mark.parametrize("hours", [1, 24])
def test_after_the_clock_went_back_slots_are_near_again_and_one_gap_apart(engine, hours):
    reserve(engine)
    with engine.begin() as connection:
        connection.execute(update(Budget).values(next_at=Budget.next_at + 3600 * hours))
    delays = [reserve(engine, rate=0.1) for _ in range(4)]
    assert delays == [pytest.approx(10 * number, abs=9) for number in range(4)]


def test_nobody_reserves_far_ahead_and_the_rate_is_kept(engine):
    delays = [reserve(engine, rate=0.1) for _ in range(12)]
    assert [delay is not None for delay in delays] == [True] * 7 + [False] * 5  # of ten seconds each
    state = budgets.states(engine, ["token:x"])["token:x"]
    assert 0 < state.paused <= 10


def test_a_pause_stops_everybody_and_a_shorter_one_does_not_shorten_it(engine):
    reserve(engine)
    budgets.pause(engine, "token:x", 100, "captcha")
    budgets.pause(engine, "token:x", 1, "flood")
    assert reserve(engine) is None
    state = budgets.states(engine, ["token:x"])["token:x"]
    assert state.why == "captcha"
    assert 10 < state.paused <= 100


def test_a_budget_nobody_used_can_be_paused_and_told_its_kind(engine):
    assert budgets.states(engine, ["token:x"]) == {}
    budgets.pause(engine, "token:x", 100, "captcha")
    budgets.learn(engine, "token:x", "user")
    assert budgets.states(engine, ["token:x"])["token:x"].kind == "user"


def test_what_a_token_has_no_right_to_is_remembered_until_a_restart(engine):
    for method in ("video.get", "video.get", "wall.get"):
        budgets.note_missing_right(engine, "token:x", method)
    budgets.learn(engine, "token:x", "user")
    state = budgets.states(engine, ["token:x"])["token:x"]
    assert (state.kind, state.lacks, state.paused) == ("user", ("video.get", "wall.get"), 0)
    budgets.forget_rights(engine)
    state = budgets.states(engine, ["token:x"])["token:x"]
    assert (state.kind, state.lacks) == ("user", ())


def test_several_slots_are_taken_together_and_a_pause_concerns_its_own_budget_only(engine):
    budgets.pause(engine, "token:x", 100, "captcha")
    with writing(engine) as connection:
        slots = budgets.reserve(connection, [("token:y", 0.1), ("token:x", 0.1), ("host:z", 0.1), ("token:y", 0.1)])
    assert slots == [0, None, 0, pytest.approx(10, abs=1)]
