"""Who waits for a run is found without a look at all that is open, and is the same."""

import random

import pytest
from sqlalchemy import insert, select, text, update

from control.scheduler import closing, lining_up
from crawler.queue import cancellation, claims, demand, erasure, round_robin
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.models.base import random_id
from crawler.store.models.batches import Link, Part
from crawler.store.models.runs import Run
from tests.crawler.queue import among_all
from tests.crawler.queue.test_claims import LEASE, started
from tests.seed import seed

OLD_BATCH = """
INSERT INTO batches (public_id, user_id, platform, created_at, deadline_at) SELECT id, id, 'vk', 1, 9e12 FROM users
"""
OLD_LINK = """
INSERT INTO links (batch_id, position, url, platform, post_id, status)
SELECT id, 0, 'wall-1_1', 'vk', (SELECT min(id) FROM posts), 'created' FROM batches WHERE id = :batch
"""


def change(engine, statement, **values):
    with engine.begin() as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement, values)


def turns(engine, limit=99):
    """Whose turn it is. Both ways to find it agree."""
    with engine.connect() as connection:
        found = round_robin.in_turn(connection, limit)
        assert [tuple(part) for part in found] == [tuple(part) for part in among_all.in_turn(connection, limit)]
    return [part.id for part in found]


def hints(engine, batch_id):
    """Whether the batch is ready, and whether it will be later."""
    with engine.connect() as connection:
        part = connection.execute(select(Part).where(Part.batch_id == batch_id)).one()
    return part.ready_since is not None, part.ready_from is not None


def in_line(engine):
    with engine.connect() as connection:
        return len(connection.execute(select(User.id).where(User.first_in_line.is_not(None))).all())


def crowd(engine, rng):
    """Users of whom some were never served and some at the same moment, with batches that wait, or not yet."""
    users = [random_id() for _ in range(rng.randrange(1, 9))]
    rows = [
        {"id": user, "username": user, "password_hash": "", "served_at": rng.choice([0, 0, 5, 6])} for user in users
    ]
    change(engine, insert(User).values(rows))
    for _ in range(rng.randrange(20)):
        batch = seed(engine, ["wall-1_1"], user=rng.choice(users), run=False)
        mine = Part.batch_id == batch
        change(engine, update(Part).where(mine).values(served_at=rng.choice([0, 0, 3, 4])))
        if rng.random() < 0.2:
            change(engine, update(Link).where(Link.batch_id == batch).values(not_before=1e12))
        if rng.random() < 0.2:
            change(engine, insert(Run).values(batch_id=batch, platform="vk", node=""))
        if rng.random() < 0.2:
            change(engine, update(Part).where(mine).values(platform="aa"))
            change(engine, update(Link).where(Link.batch_id == batch).values(platform="aa"))


@pytest.mark.parametrize("further", [0, 1, 20])
def test_turns_are_those_of_a_look_at_all_batches(engine, monkeypatch, further):
    monkeypatch.setattr(round_robin, "FURTHER", further)
    rng = random.Random(further)
    for _ in range(5):
        crowd(engine, rng)
        for limit in (1, 2, 3, 7, 99):
            turns(engine, limit)


def test_whose_first_batch_is_gone_has_no_better_turn_than_the_next(engine, monkeypatch):
    """The hint of whose batch came first is wrong then."""
    monkeypatch.setattr(round_robin, "FURTHER", 0)
    first = seed(engine, ["wall-1_1"], run=False)
    second = seed(engine, ["wall-1_1"], run=False)
    with engine.connect() as connection:
        users = connection.execute(select(User.id).order_by(User.first_in_line)).scalars().all()
    third = seed(engine, ["wall-1_1"], user=users[0], run=False)
    with writing(engine) as connection:
        cancellation.cancel_batch(connection, first)
    assert turns(engine, 1) == [second]
    assert turns(engine, 2) == [second, third]


def test_what_has_to_wait_is_looked_at_when_its_time_has_come(engine):
    run_id = started(engine, ["wall-1_1"])
    claims.postpone_part(engine, run_id, LEASE, "a token", 60)
    claims.settle(engine, run_id, LEASE, "waiting")
    assert hints(engine, 1) == (False, True)
    assert 0 < demand.next_ready(engine) <= 60
    lining_up.come_up(engine)
    assert hints(engine, 1) == (False, True)
    change(engine, "UPDATE parts SET waiting_until = 1, ready_from = 1")
    assert turns_without_line(engine) == [1]
    lining_up.come_up(engine)
    assert hints(engine, 1) == (True, False)
    assert turns(engine) == [1]
    assert demand.next_ready(engine) == 0


def turns_without_line(engine):
    with engine.connect() as connection:
        assert round_robin.in_turn(connection, 9) == []
        return [part.id for part in among_all.in_turn(connection, 9)]


def test_what_the_last_release_stores_gets_its_turn(engine):
    seed(engine, [], run=False)
    seed(engine, ["wall-1_1"], run=False)
    change(engine, "UPDATE users SET first_in_line = NULL")
    change(engine, OLD_BATCH)
    change(engine, OLD_LINK, batch=3)
    change(engine, OLD_LINK, batch=4)
    change(engine, "INSERT INTO parts (batch_id, platform) VALUES (3, 'vk'), (4, 'vk')")
    lining_up.come_up(engine)
    assert sorted(turns(engine)) == [2, 3, 4]
    assert in_line(engine) == 2


def test_who_has_nothing_in_line_any_more_is_looked_at_no_more(engine):
    run_id = started(engine, ["wall-1_1"])
    seed(engine, ["wall-1_2"], run=False)
    cancellation.cancel_job(engine, run_id)
    assert hints(engine, 1) == (False, False)
    assert in_line(engine) == 2
    closing.close(engine, 60)
    assert in_line(engine) == 1


def test_who_cancels_or_deletes_all_is_out_of_line(engine):
    cancelled, deleted = (seed(engine, ["wall-1_1"], run=False) for _ in range(2))
    with writing(engine) as connection:
        cancellation.cancel_batch(connection, cancelled)
    assert in_line(engine) == 1
    with writing(engine) as connection:
        erasure.erase_batch(connection, deleted)
    assert in_line(engine) == 0


def test_hints_that_are_wrong_are_mended(engine):
    """As the last release leaves them, or nobody knows who."""
    later, closed, missing, right = (seed(engine, ["wall-1_1"], run=False) for _ in range(4))
    change(engine, "UPDATE links SET not_before = 1e12 WHERE batch_id = :id", id=later)
    change(engine, "UPDATE batches SET closed_at = 1 WHERE id = :id", id=closed)
    change(engine, "UPDATE parts SET ready_since = NULL WHERE batch_id = :id", id=missing)
    assert lining_up.examine(engine) == 3
    assert [hints(engine, id_) for id_ in (later, closed, missing, right)] == [
        (False, True),
        (False, False),
        (True, False),
        (True, False),
    ]
    assert turns(engine) == [missing, right]
    assert in_line(engine) == 3
    assert lining_up.examine(engine) == 0


def test_only_batches_that_runs_have_touched_are_looked_at_to_be_closed(engine):
    ended, _, _ = (seed(engine, ["wall-1_1"]) for _ in range(3))
    change(engine, "UPDATE links SET status = 'failed', reason = 'lost', finished_at = 1")
    change(engine, "UPDATE runs SET state = 'finished', finished_at = 1 WHERE id != :id", id=ended)
    change(engine, "UPDATE batches SET deadline_at = 1 WHERE id = 3")
    for seconds, expected in ((60.0, {1, 3}), (float("inf"), {1, 2, 3})):
        closing.close(engine, seconds)
        with engine.connect() as connection:
            closed = connection.execute(text("SELECT id FROM batches WHERE closed_at IS NOT NULL")).scalars()
            assert {*closed} == expected
