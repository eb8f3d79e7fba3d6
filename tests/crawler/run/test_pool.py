from types import SimpleNamespace

import pytest

from crawler.platforms.contract import Again, Call, Gone, Measured
from crawler.queue.claims import Claimed
from crawler.reasons import Reason
from crawler.run.pool import Pool
from tests.seed import identify

A, B = "host:a", "host:b"


def calls(wants, access, usable):
    """Two wants a call, on the first budget that may be used; item 9 has no budget at all."""
    wants = [want for want in wants if want.target.item != 9]
    budget = usable[0] if usable else A
    pairs = [tuple(wants[start : start + 2]) for start in range(0, len(wants), 2)]
    return [Call((pair,), "http://x/", budget) for pair in pairs]


PLATFORM = SimpleNamespace(target=lambda key, access_key: identify(key), calls=calls)


@pytest.fixture
def pool():
    pool = Pool(PLATFORM, None)
    pool.take([Claimed(item, 100 + item, f"wall-1_{item}", "") for item in (1, 2, 3)])
    return pool


def allowed(*budgets):
    return lambda budget: budget in budgets


def test_each_target_is_asked_once(pool):
    first, second = pool.next_call([], allowed(A)), pool.next_call([], allowed(A))
    assert [want.target.item for want in (*first.wants, *second.wants)] == [1, 2, 3]
    assert pool.next_call([], allowed(A)) is None
    assert (pool.in_flight, pool.needs_links) == (2, True)


def test_links_of_one_post_share_its_outcome(pool):
    pool.take([Claimed(7, 101, "wall-1_1", "")])
    call = pool.next_call([], allowed(A))
    assert pool.link_ids(call) == [1, 7, 2]
    results = pool.settle(pool.returned(call, {call.wants[0].target: Measured(5, "x")}), 200)
    assert [(result.link_ids, result.post_id) for result in results] == [((1, 7), 101)]


def test_what_is_asked_again_at_once_stays_and_the_rest_leaves(pool):
    call = pool.next_call([], allowed(A))
    one, two = call.wants
    outcomes = {one.target: Again(one, Reason.VK_ERROR), two.target: Gone(Reason.DELETED)}
    assert [result.outcome for result in pool.settle(pool.returned(call, outcomes), 200)] == [Gone(Reason.DELETED)]
    assert [pool.next_call([], allowed(A)).wants[0].target.item for _ in range(2)] == [3, 1]


def test_calls_of_a_budget_in_trouble_are_planned_anew_for_another(pool):
    call = pool.next_call([A], allowed(A))
    pool.not_sent(call)
    moved = pool.next_call([B], allowed(B))
    assert moved.budget == B
    assert pool.next_call([B], allowed(B)).wants


def test_nothing_flies_while_no_budget_may_be_asked(pool):
    assert pool.next_call([], allowed()) is None
    assert (pool.in_flight, pool.needs_links) == (0, False)


def test_what_the_platform_leaves_out_waits(pool):
    pool.take([Claimed(9, 109, "wall-1_9", "")])
    while pool.next_call([], allowed(A)):
        pass
    assert not pool.needs_links
    assert [want.target.item for want in pool.open] == [9]


def test_beside_links_that_may_kill_a_run_nothing_else_is_claimed():
    pool = Pool(PLATFORM, None)
    pool.take([Claimed(1, 101, "wall-1_1", "", company=1, careful=True)])
    call = pool.next_call([], allowed(A))
    assert not pool.needs_links
    pool.settle(pool.returned(call, {call.wants[0].target: Measured(5, "x")}), 200)
    assert pool.needs_links
