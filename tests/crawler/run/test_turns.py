"""When a run gives its slot back: on the real SQL, with the seconds in the test's hand."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text, update

from crawler.queue import claims, lease
from crawler.run import turns
from crawler.run.ledger import Ledger
from crawler.run.turns import Turns
from crawler.store.models.batches import Batch, Link, Part
from crawler.store.models.runs import Run
from tests.crawler.queue.test_claims import another_run
from tests.seed import seed


class Seconds:
    at = 1000.0

    def __call__(self):
        return self.at


@pytest.fixture
def seconds(monkeypatch):
    clock = Seconds()
    monkeypatch.setattr(turns, "monotonic", clock)
    return clock


@pytest.fixture
def run(engine):
    """One that works on a batch whose row says that it was served."""
    run_id = seed(engine, ["wall-1_1"])
    assert lease.start(engine, run_id, 60)
    return run_id


def waiting_batch(engine, served=0.0):
    batch = seed(engine, ["wall-1_2"], run=False)
    with engine.begin() as connection:
        connection.execute(update(Batch).where(Batch.id == batch).values(created_at=Batch.created_at - 10))
        connection.execute(update(Part).where(Part.batch_id == batch).values(served_at=served))


def over_after(engine, run_id, seconds, limit=100, ad_hoc=False):
    """How many seconds after its start the run's turn is over; None: not within the limit."""
    turn = Turns(Ledger(engine, run_id, 60), None, None, ad_hoc=ad_hoc)

    async def wait():
        for passed in range(limit):
            if await turn.turn_is_over():
                return passed
            seconds.at += 1
        return None

    return asyncio.run(wait())


def just_now(engine, run_id):
    """It has ended, and stays so recent however slow the machine is."""
    claims.settle(engine, run_id, 60, "finished")
    with engine.begin() as connection:
        connection.execute(update(Run).where(Run.id == run_id).values(finished_at=Run.finished_at + 1000))


def long_since(engine, run_id):
    with engine.begin() as connection:
        connection.execute(update(Run).where(Run.id == run_id).values(finished_at=1.0))


def test_while_nobody_waits_a_turn_has_no_end(engine, run, seconds):
    assert over_after(engine, run, seconds) is None


def test_a_batch_that_never_had_a_run_waits_five_seconds_for_a_slot(engine, run, seconds):
    waiting_batch(engine)
    assert over_after(engine, run, seconds) == 5


def test_one_that_had_some_waits_thirty(engine, run, seconds):
    waiting_batch(engine, served=1.0)
    assert over_after(engine, run, seconds) == 30


def test_of_the_runs_of_a_batch_the_youngest_makes_room_at_once_and_the_others_stay(engine, run, seconds):
    second, third = another_run(engine, run), another_run(engine, run)
    waiting_batch(engine, served=1.0)
    assert [over_after(engine, of, seconds, limit=50) for of in (run, second, third)] == [None, None, 1]
    just_now(engine, third)
    assert [over_after(engine, of, seconds, limit=50) for of in (run, second)] == [None, None], "its slot is free"
    long_since(engine, third)
    assert [over_after(engine, of, seconds, limit=50) for of in (run, second)] == [None, 1]
    claims.settle(engine, second, 60, "finished")
    long_since(engine, second)
    assert over_after(engine, run, seconds) == 30


def test_a_further_run_stays_when_the_first_one_is_silent(engine, run, seconds):
    further = another_run(engine, run)
    waiting_batch(engine, served=1.0)
    with engine.begin() as connection:
        connection.execute(update(Run).where(Run.id == run).values(lease_until=1.0))
    assert over_after(engine, further, seconds) == 30


def test_a_batch_that_has_just_come_may_find_a_free_slot(engine, run, seconds):
    seed(engine, ["wall-1_2"], run=False)
    with engine.begin() as connection:
        connection.execute(text("UPDATE batches SET created_at = created_at + 1000"))
    assert over_after(engine, run, seconds) is None


def test_an_ad_hoc_run_makes_room_for_nobody(engine, run, seconds):
    waiting_batch(engine)
    assert over_after(engine, run, seconds, ad_hoc=True) is None


def test_its_own_batch_is_not_what_a_run_makes_room_for(engine, run, seconds):
    another_run(engine, run)
    with engine.connect() as connection:
        assert len(connection.execute(select(Run.id)).all()) == 2
    assert over_after(engine, run, seconds) is None


def test_a_run_stays_for_a_link_that_is_due_soon_unless_somebody_else_waits(engine, run):
    with engine.begin() as connection:
        connection.execute(update(Link).values(not_before=time.time() + 9))
    turn = Turns(Ledger(engine, run, 60), SimpleNamespace(links={}), None, ad_hoc=False)
    assert asyncio.run(turn.worth_waiting())
    waiting_batch(engine)
    assert not asyncio.run(turn.worth_waiting())
    with engine.begin() as connection:
        connection.execute(update(Link).values(not_before=0))
    assert asyncio.run(turn.worth_waiting())
