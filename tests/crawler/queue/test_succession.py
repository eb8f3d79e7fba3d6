"""One process, one run after the other: whose turn it is, what becomes of the old run, and who may still end it."""

from collections import Counter

import pytest
from sqlalchemy import delete, insert, select, text, update

from control.nodes import slots
from control.nodes.client import Jobs
from control.nodes.slots import Node
from control.scheduler import dispatch
from crawler.exceptions import Fenced
from crawler.queue import cancellation, claims, erasure, lease, results, round_robin, succession
from crawler.scrapyd import reaper
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch, Link, Part
from crawler.store.models.posts import Reading
from crawler.store.models.runs import Run
from tests.crawler.queue.test_claims import LEASE, OWNER, measured, started
from tests.seed import fleet, seed


def change(engine, statement):
    with engine.begin() as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement)


def one(engine, *columns, **where):
    with engine.connect() as connection:
        return tuple(connection.execute(select(*columns).filter_by(**where)).one())


def user(engine):
    id_ = random_id()
    change(engine, insert(User).values(id=id_, username=id_, password_hash=""))
    return id_


def waiting(engine, user_id=None):
    return seed(engine, ["wall-1_9"], user=user_id, run=False)


def work(engine, run_id):
    """Measure all that the run's batch has."""
    for link in claims.claim(engine, run_id, LEASE, 10):
        results.save(engine, run_id, LEASE, [measured(link)])


def batches_taken(engine, run_id, most=20):
    """The batches that a process goes on with until nobody waits."""
    found = []
    while len(found) < most and (taken := succession.take(engine, run_id, LEASE)):
        run_id = taken.run_id
        found += one(engine, Run.batch_id, id=run_id)
        work(engine, run_id)
    return found


def test_the_next_run_is_of_the_same_job_and_at_work_at_once(engine):
    first = started(engine, ["wall-1_1"])
    change(engine, update(Run).values(node="http://node"))
    work(engine, first)
    batch = waiting(engine)
    run_id, public_id = succession.take(engine, first, LEASE, "pages have changed")
    assert one(engine, Run.state, Run.outcome, Run.alarm, id=first) == ("finished", "finished", "pages have changed")
    taken = one(engine, Run.batch_id, Run.job, Run.node, Run.state, Run.owner, Run.alarm, id=run_id)
    assert taken == (batch, first, "http://node", "running", OWNER, None)
    assert public_id == one(engine, Batch.public_id, id=batch)[0]
    lease.beat(engine, run_id, LEASE)
    with pytest.raises(Fenced):
        lease.beat(engine, first, LEASE)


def test_where_nobody_waits_the_run_goes_on(engine):
    run_id = started(engine, ["wall-1_1"])
    seed(engine, ["wall-1_2"])  # has a run of its own
    waiting(engine)
    change(engine, "UPDATE links SET not_before = 1e12 WHERE batch_id = 3")
    assert round_robin.next_platform(engine) is None
    assert succession.take(engine, run_id, LEASE) is None
    lease.beat(engine, run_id, LEASE)


def test_a_run_that_is_over_takes_nothing(engine):
    run_id = started(engine, ["wall-1_1"])
    waiting(engine)
    cancellation.cancel_job(engine, run_id)
    with pytest.raises(Fenced):
        succession.take(engine, run_id, LEASE)
    assert one(engine, Part.served_at, batch_id=2) == (0.0,)


def test_what_the_old_run_still_held_is_given_back_uncharged(engine):
    run_id = started(engine, ["wall-1_1", "wall-1_2"])
    claims.claim(engine, run_id, LEASE, 1)
    waiting(engine)
    assert succession.take(engine, run_id, LEASE)
    with engine.connect() as connection:
        held = connection.execute(select(Link.status, Link.run_id, Link.attempts).where(Link.batch_id == 1)).all()
    assert held == [("created", None, 0)] * 2


def test_users_take_turns_with_those_who_have_many_batches(engine):
    many, few = user(engine), user(engine)
    run_id = started(engine, ["wall-1_1"], user=many)
    work(engine, run_id)
    of_many = [waiting(engine, many) for _ in range(4)]
    of_few = [waiting(engine, few) for _ in range(2)]
    change(engine, update(User).where(User.id == many).values(served_at=1.0))
    expected = [of_few[0], of_many[0], of_few[1], *of_many[1:]]
    assert batches_taken(engine, run_id) == expected


def test_the_scheduler_and_a_process_never_serve_one_batch_at_once(engine):
    run_id = started(engine, ["wall-1_1"])
    work(engine, run_id)
    batches = [waiting(engine) for _ in range(4)]
    dispatch.enlist(engine, fleet("", slots=2))
    assert len(batches_taken(engine, run_id)) == 3
    with engine.connect() as connection:
        runs = Counter(connection.execute(select(Run.batch_id)).scalars())
    assert runs == dict.fromkeys([1, *batches], 1)


def test_another_platforms_turn_is_not_passed_over(engine):
    run_id = started(engine, ["wall-1_1"])
    waiting(engine)
    later = waiting(engine)
    change(engine, "UPDATE links SET platform = 'aa' WHERE batch_id = 2")
    change(engine, "UPDATE parts SET platform = 'aa' WHERE batch_id = 2")
    assert round_robin.next_platform(engine) == "aa"
    assert succession.take(engine, run_id, LEASE) is None
    assert one(engine, Part.served_at, batch_id=later) == (0.0,)


def test_a_batch_that_is_being_deleted_is_given_no_run(engine):
    owner = user(engine)
    batch = waiting(engine, owner)
    with writing(engine) as connection:
        connection.execute(delete(Batch).where(Batch.id == batch))
        assert round_robin.give_run(connection, batch, owner, "vk", node="") is None


def test_deleting_a_batch_takes_no_reading_of_another_that_the_process_worked_on(engine):
    first = started(engine, ["wall-1_1"])
    work(engine, first)
    second = waiting(engine)
    work(engine, succession.take(engine, first, LEASE).run_id)
    with writing(engine) as connection:
        erasure.erase_batch(connection, second)
    assert one(engine, Reading.run_id) == (first,)


def taken(engine):
    """A job that works on its second run; both ids."""
    job = started(engine, ["wall-1_1"])
    work(engine, job)
    waiting(engine)
    return job, succession.take(engine, job, LEASE).run_id


def test_to_cancel_a_job_ends_the_run_that_it_works_on(engine):
    job, run_id = taken(engine)
    assert cancellation.cancel_job(engine, job) == run_id
    assert one(engine, Run.state, Run.outcome, id=run_id) == ("finished", "cancelled")
    assert one(engine, Link.status, Link.reason, batch_id=2) == ("failed", "cancelled")
    assert one(engine, Link.status, batch_id=1) == ("done",)
    assert cancellation.cancel_job(engine, job) is None


def test_the_run_of_a_job_whose_process_died_is_lost_and_its_links_are_charged_where_they_were_sent(engine):
    job, run_id = taken(engine)
    (link,) = claims.claim(engine, run_id, LEASE, 10)
    with writing(engine) as connection:
        claims.mark_sent(connection, run_id, [link.id])
    reaper.give_up_run(engine, job, random_id())
    assert one(engine, Run.state, id=run_id) == ("running",), "that was another process"
    reaper.give_up_run(engine, job, OWNER)
    assert one(engine, Run.state, id=run_id) == ("lost",)
    assert one(engine, Link.status, Link.attempts, batch_id=2) == ("created", 1)


def test_a_job_is_overdue_when_its_last_run_is(engine):
    job, run_id = taken(engine)
    change(engine, "UPDATE runs SET finished_at = 1 WHERE finished_at IS NOT NULL")
    assert reaper.overdue(engine, {job}) == set()
    change(engine, update(Run).where(Run.id == run_id).values(lease_until=1.0))
    assert reaper.overdue(engine, {job}) == {job}


def test_a_job_whose_first_batch_was_deleted_is_still_known(engine):
    job, _ = taken(engine)
    with writing(engine) as connection:
        erasure.erase_batch(connection, 1)
    assert reaper.overdue(engine, {job}) == set()
    assert cancellation.cancel_job(engine, job)


def test_a_slot_is_leaked_only_when_the_last_run_of_its_job_has_long_ended(engine):
    job, run_id = taken(engine)
    node = Node("", Jobs(running=(job,)))
    change(engine, "UPDATE runs SET finished_at = 1 WHERE finished_at IS NOT NULL")
    assert slots.leaked(engine, node) == 0
    claims.settle(engine, run_id, LEASE, "finished")
    change(engine, "UPDATE runs SET finished_at = 1")
    assert slots.leaked(engine, node) == 1
