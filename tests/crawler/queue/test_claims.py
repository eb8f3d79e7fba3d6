from threading import Barrier, Thread

import pytest
from sqlalchemy import event, select, text, update

from crawler.exceptions import Fenced
from crawler.platforms.contract import Again, Gone, Measured, Want
from crawler.queue import cancellation, claims, demand, lease, results
from crawler.queue.results import Result
from crawler.reasons import Reason
from crawler.store.database import writing
from crawler.store.models.base import random_id
from crawler.store.models.batches import Link, Part, Status
from crawler.store.models.posts import Post, Reading
from crawler.store.models.runs import Run, RunState
from tests.seed import identify, seed

LEASE = 60.0
OWNER = random_id()


def started(engine, links, **kwargs):
    run_id = seed(engine, links, **kwargs)
    assert lease.start(engine, run_id, LEASE, OWNER)
    return run_id


def another_run(engine, run_id):
    """Give the batch of a run a second one."""
    second = random_id()
    with engine.begin() as connection:
        batch_id = connection.execute(select(Run.batch_id).where(Run.id == run_id)).scalar_one()
        run = Run.__table__.insert().values(id=second, batch_id=batch_id, platform="vk", node="")
        connection.execute(run)
    assert lease.start(engine, second, LEASE)
    return second


def rows(engine, *columns):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(Link.position))]


def statuses(engine):
    return [status for (status,) in rows(engine, Link.status)]


def measured(claimed, views=7):
    return Result((claimed.id,), claimed.post_id, Measured(views, "test", likes=1), 200)


def again(claimed, reason=Reason.NETWORK):
    want = Want(identify(claimed.key))
    return Result((claimed.id,), claimed.post_id, Again(want, reason, "why", charged=True), 0)


def end_lease(engine, run_id):
    with engine.begin() as connection:
        connection.execute(update(Run).where(Run.id == run_id).values(lease_until=1.0))


def lose(engine, run_id):
    with writing(engine) as connection:
        return claims.mark_lost(connection, run_id, Run.lease_until < 2.0, "its lease ended")


def test_a_run_starts_once(engine):
    run_id = seed(engine, ["wall-1_1"])
    assert lease.start(engine, run_id, LEASE)
    assert not lease.start(engine, run_id, LEASE)
    assert not lease.start(engine, random_id(), LEASE)


def test_links_are_claimed_in_the_order_sent_with_their_duplicates(engine):
    run_id = started(engine, ["wall-1_1", "no link", "wall-1_2", "wall-1_1", "wall-1_3"])
    first = claims.claim(engine, run_id, LEASE, 2)
    assert [link.key for link in first] == ["wall-1_1", "wall-1_2", "wall-1_1"]
    assert [link.key for link in claims.claim(engine, run_id, LEASE, 2)] == ["wall-1_3"]
    assert claims.claim(engine, run_id, LEASE, 2) == []
    assert statuses(engine) == ["in progress", "failed", "in progress", "in progress", "in progress"]


def test_runs_that_claim_at_once_never_get_the_same_link(engine):
    links = [f"wall-1_{item}" for item in range(1, 201)]
    first = started(engine, links)
    runs = [first, *(another_run(engine, first) for _ in range(3))]
    claimed, barrier = [], Barrier(len(runs))

    def work(run_id):
        barrier.wait()
        while chunk := claims.claim(engine, run_id, LEASE, 10):
            claimed.extend(link.id for link in chunk)

    threads = [Thread(target=work, args=(run_id,)) for run_id in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 200


def test_an_answer_is_written_as_it_is(engine):
    run_id = started(engine, ["wall-1_1", "wall-1_2", "wall-1_3"])
    one, two, three = claims.claim(engine, run_id, LEASE, 10)
    gone = Result((two.id,), two.post_id, Gone(Reason.VIEWS_HIDDEN, "what"), 200)
    results.save(engine, run_id, LEASE, [measured(one, 2**63 - 1), gone, again(three)])
    columns = (Link.status, Link.reason, Link.detail, Link.attempts)
    assert rows(engine, *columns) == [
        ("done", None, None, 0),
        ("failed", "views_hidden", "what", 0),
        ("created", None, "why", 1),
    ]
    with engine.connect() as connection:
        reading = connection.execute(select(Reading.views, Reading.likes, Reading.source, Reading.http_status))
        assert tuple(reading.one()) == (2**63 - 1, 1, "test", 200)


def test_duplicates_share_one_reading(engine):
    run_id = started(engine, ["wall-1_1", "wall-1_1"])
    one, two = claims.claim(engine, run_id, LEASE, 10)
    result = Result((one.id, two.id), one.post_id, Measured(7, "test"), 200)
    results.save(engine, run_id, LEASE, [result])
    (first,), (second,) = rows(engine, Link.reading_id)
    assert first == second is not None


def test_a_charged_link_waits_longer_each_time_and_fails_after_the_last(engine):
    run_id = started(engine, ["wall-1_1"])
    waits = []
    for _ in range(claims.ATTEMPTS - 1):
        (link,) = claims.claim(engine, run_id, LEASE, 10)
        results.save(engine, run_id, LEASE, [again(link)])
        assert claims.claim(engine, run_id, LEASE, 10) == []
        waits.append(round(demand.next_due(engine, run_id)))
        with engine.begin() as connection:
            connection.execute(update(Link).values(not_before=0))
    assert waits == [5, 10, 20, 40, 80, 160, 320]
    results.save(engine, run_id, LEASE, [again(claims.claim(engine, run_id, LEASE, 10)[0])])
    assert rows(engine, Link.status, Link.reason, Link.detail) == [("failed", "network", "why")]


@pytest.mark.parametrize("ended", ["lost", "cancelled", "settled", "silent"])
def test_a_run_that_is_over_writes_nothing(engine, ended):
    run_id = started(engine, ["wall-1_1"])
    (link,) = claims.claim(engine, run_id, LEASE, 10)
    if ended == "cancelled":
        assert cancellation.cancel_job(engine, run_id)
    elif ended == "settled":
        claims.settle(engine, run_id, LEASE, "finished")
    else:
        end_lease(engine, run_id)
        assert ended == "silent" or lose(engine, run_id)
    before = statuses(engine)
    for write in (
        lambda: results.save(engine, run_id, LEASE, [measured(link)]),
        lambda: claims.claim(engine, run_id, LEASE, 1),
        lambda: lease.beat(engine, run_id, LEASE),
        lambda: claims.settle(engine, run_id, LEASE, "finished"),
        lambda: claims.postpone_part(engine, run_id, LEASE, "x", 1),
    ):
        with pytest.raises(Fenced):
            write()
    assert statuses(engine) == before
    assert rows(engine, Link.reading_id) == [(None,)]


def test_a_run_writes_only_what_it_holds(engine):
    first = started(engine, ["wall-1_1"])
    (link,) = claims.claim(engine, first, LEASE, 10)
    second = another_run(engine, first)
    results.save(engine, second, LEASE, [Result((link.id,), link.post_id, Gone(Reason.DELETED), 200)])
    assert statuses(engine) == ["in progress"]


def test_a_lost_run_charges_only_what_was_on_the_wire(engine):
    run_id = started(engine, ["wall-1_1", "wall-1_2", "wall-1_3"])
    one, *_ = claims.claim(engine, run_id, LEASE, 2)
    with writing(engine) as connection:
        claims.mark_sent(connection, run_id, [one.id])
    assert not lose(engine, run_id)
    end_lease(engine, run_id)
    assert lose(engine, run_id)
    assert rows(engine, Link.status, Link.attempts, Link.sent) == [
        ("created", 1, False),
        ("created", 0, False),
        ("created", 0, False),
    ]
    assert rows(engine, Link.run_id) == [(None,)] * 3


def test_a_link_whose_workers_always_die_ends_lost(engine):
    run_id = started(engine, ["wall-1_1"])
    for _ in range(claims.ATTEMPTS):
        (link,) = claims.claim(engine, run_id, LEASE, 10)
        with writing(engine) as connection:
            claims.mark_sent(connection, run_id, [link.id])
        end_lease(engine, run_id)
        assert lose(engine, run_id)
        with engine.begin() as connection:
            connection.execute(update(Link).where(Link.status == "created").values(not_before=0))
        run_id = another_run(engine, run_id)
    assert rows(engine, Link.status, Link.reason) == [("failed", "lost")]


def test_what_a_settled_run_did_not_finish_goes_back_uncharged(engine):
    run_id = started(engine, ["wall-1_1"])
    claims.claim(engine, run_id, LEASE, 10)
    claims.settle(engine, run_id, LEASE, "shutdown")
    assert rows(engine, Link.status, Link.attempts, Link.run_id) == [("created", 0, None)]
    with engine.connect() as connection:
        assert tuple(connection.execute(select(Run.state, Run.outcome)).one()) == (RunState.FINISHED, "shutdown")


def test_cancel_ends_the_batch_but_not_what_another_run_works_on(engine):
    first = started(engine, ["wall-1_1", "wall-1_2", "wall-1_3"])
    claims.claim(engine, first, LEASE, 1)
    second = another_run(engine, first)
    claims.claim(engine, second, LEASE, 1)
    assert cancellation.cancel_job(engine, first)
    assert not cancellation.cancel_job(engine, first)
    assert rows(engine, Link.status, Link.reason) == [
        ("failed", "cancelled"),
        ("in progress", None),
        ("failed", "cancelled"),
    ]


def test_a_pending_run_can_be_cancelled_and_then_never_starts(engine):
    run_id = seed(engine, ["wall-1_1"])
    assert cancellation.cancel_job(engine, run_id)
    assert not lease.start(engine, run_id, LEASE)
    assert rows(engine, Link.status, Link.reason) == [("failed", "cancelled")]


def test_a_batch_waits_for_a_credential_until_a_number_comes(engine):
    run_id = started(engine, ["wall-1_1", "wall-1_2"])
    one, _ = claims.claim(engine, run_id, LEASE, 2)
    claims.postpone_part(engine, run_id, LEASE, "captcha", 60)
    with engine.connect() as connection:
        assert connection.execute(select(Part.waiting_for)).scalar_one() == "captcha"
    results.save(engine, run_id, LEASE, [measured(one)])
    with engine.connect() as connection:
        assert connection.execute(select(Part.waiting_for)).scalar_one() is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("", True),
        ("UPDATE runs SET state = 'queued', finished_at = NULL", False),  # somebody is to work on it
        ("UPDATE parts SET waiting_until = 1e12", False),
        ("UPDATE batches SET closed_at = 1", False),
        ("UPDATE links SET not_before = 1e12", False),
        ("UPDATE links SET status = 'in progress'", False),
    ],
)
def test_a_batch_is_ready_when_it_has_links_for_now_and_nobody_works_on_it(engine, change, expected):
    run_id = started(engine, ["wall-1_1"])
    claims.settle(engine, run_id, LEASE, "finished")
    with engine.begin() as connection:
        if change:
            connection.execute(text(change))
    with engine.connect() as connection:
        waiting = demand.ready(Part.batch_id).where(demand.awaits_run())
        found = connection.execute(waiting).scalars().all()  # none of a batch that is closed
    assert any(found) == expected


def test_status_words():
    assert [*Status] == ["created", "in progress", "done", "failed"]


def test_a_post_asked_with_two_access_keys_has_two_readings(engine):
    run_id = started(engine, ["wall-1_1", "wall-1_1"])
    one, two = claims.claim(engine, run_id, LEASE, 10)
    assert one.post_id == two.post_id
    results.save(engine, run_id, LEASE, [measured(one, 7), measured(two, 8)])
    with engine.connect() as connection:
        views = select(Reading.views).join(Link, Link.reading_id == Reading.id).order_by(Link.position)
        assert connection.execute(views).scalars().all() == [7, 8]


def names(engine):
    with engine.connect() as connection:
        return dict(iter(connection.execute(select(Post.key, Post.canonical_key))))


def save_as(engine, run_id, named):
    """Save what a run's links were answered: by key, under which key."""
    claimed = claims.claim(engine, run_id, LEASE, 10)
    said = [Result((one.id,), one.post_id, Measured(7, "x", canonical=named.get(one.key, "")), 200) for one in claimed]
    results.save(engine, run_id, LEASE, said)


def test_an_alias_is_stored_on_its_post_and_on_no_other(engine):
    links = ["wall-1_1", "wall-2_2", "wall-3_3"]
    save_as(engine, started(engine, links), {"wall-2_2": "wall-1_1"})
    assert names(engine) == {"wall-1_1": None, "wall-2_2": "wall-1_1", "wall-3_3": None}


def test_an_alias_that_is_known_stays_and_one_of_a_post_that_nobody_asked_for_is_kept_too(engine):
    for _ in range(2):
        save_as(engine, started(engine, ["wall-2_2"]), {"wall-2_2": "wall-1_1"})
    save_as(engine, started(engine, ["wall-2_2"]), {})
    assert names(engine) == {"wall-2_2": "wall-1_1"}


def test_of_two_numbers_one_is_the_posts_own_whichever_comes_later(engine):
    save_as(engine, started(engine, ["wall-1_1", "wall-2_2"]), {"wall-2_2": "wall-1_1"})
    save_as(engine, started(engine, ["wall-1_1", "wall-2_2"]), {"wall-1_1": "wall-2_2"})
    assert names(engine) == {"wall-1_1": "wall-2_2", "wall-2_2": None}


def test_nothing_is_written_on_posts_where_there_is_no_alias(engine):
    run_id, seen = started(engine, ["wall-1_1"]), []
    event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    save_as(engine, run_id, {})
    assert [statement for statement in seen if "UPDATE posts" in statement] == []


def test_one_answer_may_hold_numbers_of_two_methods(engine):
    run_id = started(engine, ["wall-1_1", "wall-1_2"])
    one, two = claims.claim(engine, run_id, LEASE, 10)
    given = [Result((one.id,), one.post_id, Measured(7, "wall"), 200)]
    given += [Result((two.id,), two.post_id, Measured(0, "video", None, 5, None), 200)]
    results.save(engine, run_id, LEASE, given)
    columns = (Reading.source, Reading.views, Reading.likes, Reading.comments, Reading.reposts)
    with engine.connect() as connection:
        stored = connection.execute(select(*columns).order_by(Reading.source)).all()
    assert [tuple(row) for row in stored] == [("video", 0, None, 5, None), ("wall", 7, None, None, None)]


def test_a_further_run_knows_who_came_before_and_after_it(engine):
    runs = [started(engine, ["wall-1_1"])]
    runs += [another_run(engine, runs[0]) for _ in range(2)]
    found = [demand.siblings(engine, run_id) for run_id in runs]
    assert [(of.older, of.younger) for of in found] == [(0, 2), (1, 1), (2, 0)]
    end_lease(engine, runs[0])
    assert demand.siblings(engine, runs[1]).older == 0
