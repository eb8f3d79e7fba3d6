from collections import Counter

import pytest
from sqlalchemy import func, insert, select, text, update

from control.scheduler import dispatch
from control.scheduler.closing import close, expire
from control.scheduler.dispatch import enlist
from control.scheduler.rescue import rescue
from crawler.queue import cancellation, claims, lease
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch, Link, Part
from crawler.store.models.runs import Run
from tests.seed import fleet, seed

NODE = "http://127.0.0.1:1"


def scalars(engine, statement):
    with engine.connect() as connection:
        return connection.execute(statement).scalars().all()


def change(engine, statement):
    with engine.begin() as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement)


def user(engine):
    id_ = random_id()
    change(engine, insert(User).values(id=id_, username=id_, password_hash=""))
    return id_


def waiting_batch(engine, user_id=None, seconds=3600.0):
    return seed(engine, ["wall-1_1"], user=user_id, seconds=seconds, run=False)


def runs_of(engine, user_id):
    return scalars(engine, select(func.count()).select_from(Run).join(Batch).where(Batch.user_id == user_id))[0]


def test_no_more_runs_than_allowed_and_one_for_each_batch(engine):
    for _ in range(3):
        waiting_batch(engine)
    enlist(engine, fleet(NODE, slots=2))
    enlist(engine, fleet(NODE, slots=2))
    assert len(scalars(engine, select(Run.id))) == 2
    enlist(engine, fleet(NODE, slots=9))
    enlist(engine, fleet(NODE, slots=9))
    assert Counter(scalars(engine, select(Run.batch_id))).most_common(1)[0][1] == 1


def test_users_take_turns(engine):
    many, few = user(engine), user(engine)
    for _ in range(5):
        waiting_batch(engine, many)
    waiting_batch(engine, few)
    enlist(engine, fleet(NODE, slots=2))
    assert (runs_of(engine, many), runs_of(engine, few)) == (1, 1)


def test_who_was_served_longest_ago_comes_first(engine):
    first, second = user(engine), user(engine)
    waiting_batch(engine, first)
    enlist(engine, fleet(NODE, slots=1))
    change(engine, "UPDATE runs SET finished_at = 1, state = 'finished'")
    waiting_batch(engine, first)
    waiting_batch(engine, second)
    enlist(engine, fleet(NODE, slots=1))
    assert runs_of(engine, second) == 1


@pytest.mark.parametrize(
    ("state", "lost"),
    [
        ("state = 'queued'", False),
        ("state = 'queued', created_at = created_at - 200", True),
        ("state = 'posted', created_at = created_at - 200", True),
        ("state = 'running', lease_until = created_at + 60, created_at = created_at - 200", False),
        ("state = 'running', lease_until = created_at - 1", True),
        ("state = 'finished', finished_at = 1, created_at = 1", False),
    ],
)
def test_which_runs_are_lost(engine, state, lost):
    run_id = seed(engine, ["wall-1_1"])
    change(engine, f"UPDATE runs SET {state}")
    rescue(engine)
    assert scalars(engine, select(Run.state).where(Run.id == run_id)) == ["lost" if lost else state.split("'")[1]]


def test_the_batch_of_a_lost_run_gets_another(engine):
    run_id = seed(engine, ["wall-1_1"])
    assert lease.start(engine, run_id, 60)
    claims.claim(engine, run_id, 60, 10)
    change(engine, update(Run).values(lease_until=1.0))
    rescue(engine)
    enlist(engine, fleet(NODE, slots=1))
    assert sorted(scalars(engine, select(Run.state))) == ["lost", "queued"]


@pytest.mark.parametrize(("waiting_for", "reason"), [(None, "deadline"), ("captcha", "credential")])
def test_past_its_deadline_a_batch_gives_up_what_waits(engine, waiting_for, reason):
    run_id = seed(engine, ["wall-1_1", "wall-1_2"], seconds=-1.0)
    assert lease.start(engine, run_id, 60)
    claims.claim(engine, run_id, 60, 1)
    change(engine, update(Part).values(waiting_for=waiting_for))
    expire(engine)
    close(engine)
    assert scalars(engine, select(Link.status).order_by(Link.position)) == ["in progress", "failed"]
    assert scalars(engine, select(Link.reason).where(Link.status == "failed")) == [reason]
    assert scalars(engine, select(Batch.closed_at)) == [None]


def test_before_its_deadline_nothing_is_given_up(engine):
    waiting_batch(engine)
    expire(engine)
    assert scalars(engine, select(Link.status)) == ["created"]


def test_a_batch_without_unfinished_links_is_closed(engine):
    batch = waiting_batch(engine)
    with writing(engine) as connection:
        cancellation.fail(connection, Link.batch_id == batch, text("'lost'"))
    close(engine)
    assert scalars(engine, select(Batch.closed_at)) != [None]


def large_batch(engine, user_id=None):
    return seed(engine, [f"wall-1_{item}" for item in range(1, 6)], user=user_id, run=False)


def runs_by_batch(engine):
    return Counter(scalars(engine, select(Run.batch_id)))


@pytest.fixture
def few_in_hand(monkeypatch):
    """A run can hold two links."""
    monkeypatch.setattr(dispatch, "IN_HAND", 2)


def test_a_batch_gets_further_runs_while_it_has_more_than_they_can_hold(engine, few_in_hand):
    batch = large_batch(engine)
    counts = []
    for _ in range(4):
        enlist(engine, fleet(NODE, slots=9))
        counts.append(runs_by_batch(engine)[batch])
    assert counts == [1, 2, 3, 3]


def test_links_that_are_held_or_not_due_bring_no_further_run(engine, few_in_hand):
    batch = large_batch(engine)
    enlist(engine, fleet(NODE, slots=9))
    (run,) = scalars(engine, select(Run.id))
    assert lease.start(engine, run, 60)
    claims.claim(engine, run, 60, 2)
    change(engine, "UPDATE links SET not_before = 1e12 WHERE position = 4")
    enlist(engine, fleet(NODE, slots=9))
    assert runs_by_batch(engine)[batch] == 1


def test_a_batch_that_waits_for_a_credential_gets_no_further_run(engine, few_in_hand):
    batch = large_batch(engine)
    enlist(engine, fleet(NODE, slots=9))
    change(engine, "UPDATE parts SET waiting_until = 1e12")
    enlist(engine, fleet(NODE, slots=9))
    assert runs_by_batch(engine)[batch] == 1


def test_everybodys_first_run_comes_before_anybodys_further_one(engine, few_in_hand):
    large = large_batch(engine)
    enlist(engine, fleet(NODE, slots=9))
    small = [waiting_batch(engine) for _ in range(2)]
    enlist(engine, fleet(NODE, slots=3))
    assert runs_by_batch(engine) == dict.fromkeys([large, *small], 1)


def test_further_runs_go_to_users_with_few(engine, few_in_hand):
    busy, other = user(engine), user(engine)
    for owner in (busy, busy, other):
        large_batch(engine, owner)
    enlist(engine, fleet(NODE, slots=3))
    enlist(engine, fleet(NODE, slots=4))
    assert (runs_of(engine, busy), runs_of(engine, other)) == (2, 2)
