"""A process dies before or after a commit, at every place where one is made: nothing is lost, nothing is double."""

import itertools
import time
from itertools import count

import pytest
from sqlalchemy import text

from tests.chaos import invariants
from tests.chaos.client import Client
from tests.chaos.conftest import address
from tests.chaos.extent import some
from tests.chaos.site import site

NUMBERS = count(1)
seen = set()


@pytest.fixture(scope="module")
def here(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("commits")
    with site(folder, address(request, request.param, folder), failpoints=True, LEASE_SECONDS="6") as started:
        started.vk.set(latency=0.2)
        yield started


def batch(count=250):
    owner = next(NUMBERS)
    return [f"https://vk.com/wall-{owner}_{item}" for item in range(1, count + 1)]


def ordinary(here, anna):
    """A batch on its way."""
    anna.submit(batch())


def a_user_comes(here, anna):
    client = Client(here.system.url, f"boris {next(NUMBERS)}")
    client.login()
    return client


def a_user_leaves(here, anna):
    boris = a_user_comes(here, anna)
    boris.submit(batch())
    assert boris.insist("DELETE", "/users/me").status_code in {204, 401}  # 401: the answer to the first one was lost
    there = text("SELECT count(*) FROM users WHERE username = :name")
    here.until(lambda: here.scalar(there, name=boris.name) == 0, "gone")


def the_spider_dies(here, anna):
    anna.submit(batch(800))
    here.until(lambda: here.kill("spider"), "killed")


def the_spider_hangs(here, anna):
    """While it waits for VK: stopped in a write, scrapyd would have to kill it before anybody could rescue its run.

    scrapyd looks away meanwhile, or it might be the one who gives the run up.
    """
    here.vk.set(latency=3)
    anna.submit(batch())
    here.until(here.working, "working")
    time.sleep(1.5)
    scrapyd = here.signal(here.pids("scrapyd"), "SIGSTOP")
    here.signal(here.working(), "SIGSTOP")
    here.until(lambda: not here.working(), "rescued")
    here.signal([scrapyd], "SIGCONT")
    here.vk.set(latency=0.2)


def vk_is_slow(here, anna):
    here.vk.fault(method="wall.getById", hang=True)
    anna.submit(batch())


def tokens_are_flooded(here, anna):
    here.vk.fault(method="wall.getById", code=6, message="Too many requests per second", times=3)
    anna.submit(batch())


def slots_lie_ahead(here, anna):
    """The token was asked a lot: the next request has to wait, and is noted when its time has come."""
    anna.submit(batch())
    here.until(lambda: finished(here, anna), "finished")
    with here.engine.begin() as connection:
        connection.execute(text("UPDATE budgets SET next_at = :soon"), {"soon": time.time() + 10})
    anna.submit(batch())


def no_token_works(here, anna):
    here.vk.fault(method="wall.getById", code=9, message="Flood control", times=12)
    anna.submit(batch(800))


def the_scheduler_restarts(here, anna):
    anna.submit(batch())
    here.kill("scheduler")


def a_batch_is_cancelled(here, anna):
    anna.cancel(anna.submit(batch()))


def a_batch_is_deleted(here, anna):
    anna.erase(anna.submit(batch()))


PLACES = {
    "control.submission.submit": ordinary,
    "control.users.insert": a_user_comes,
    "control.tries.count": a_user_comes,
    "control.tries.forget": a_user_comes,
    "control.logins.start": a_user_comes,
    "control.me.leave": a_user_leaves,
    "control.scheduler.leaving.erase": a_user_leaves,
    "control.verbs.cancel": a_batch_is_cancelled,
    "control.batches.delete": a_batch_is_deleted,
    "control.scheduler.dispatch.look_again": the_scheduler_restarts,
    "control.scheduler.dispatch.enlist": ordinary,
    "control.scheduler.dispatch._deliver": ordinary,
    "control.scheduler.closing.expire": ordinary,
    "control.scheduler.closing.close": ordinary,
    "control.scheduler.rescue._lost": the_spider_hangs,
    "control.scheduler.pruning.remove": the_scheduler_restarts,
    "control.scheduler.beat.write": ordinary,
    "crawler.lease.start": ordinary,
    "crawler.lease.beat": vk_is_slow,
    "crawler.queue.claim": ordinary,
    "crawler.ledger.Ledger._slots": ordinary,
    "crawler.ledger.Ledger._sendings": slots_lie_ahead,
    "crawler.results.save": ordinary,
    "crawler.budget._note": tokens_are_flooded,
    "crawler.ledger.Ledger._count": tokens_are_flooded,
    "crawler.queue.wait": no_token_works,
    "crawler.queue.settle": ordinary,
    "crawler.scrapyd.reaper.bury": the_spider_dies,
}


def change(here, statement, **values):
    with here.engine.begin() as connection:
        connection.execute(text(statement), values)


def finished(here, anna):
    """Whether all is over; who waits for a token to recover need not wait."""
    with here.engine.connect() as connection:
        paused = connection.execute(text("SELECT key FROM budgets WHERE paused_until > 0")).scalars().all()
    for key in paused:  # one by one: who locks several in another order than the spiders may lock them out
        change(here, "UPDATE budgets SET paused_until = 0 WHERE key = :key", key=key)
    change(here, "UPDATE batches SET waiting_until = 0 WHERE closed_at IS NULL")
    return not anna.open()


CASES = list(itertools.product(["sqlite", "postgresql"], PLACES, ["before", "after"]))


@pytest.mark.parametrize(("here", "place", "moment"), some(CASES, by=1), indirect=["here"], scope="module")
def test_whoever_dies_at_a_commit_loses_and_doubles_nothing(here, anna, place, moment):
    armed = here.arm(moment, place)
    PLACES[place](here, anna)
    here.until(lambda: not armed.exists(), "there")
    here.until(lambda: finished(here, anna), "finished")
    invariants.check(here, [anna])
    seen.update(here.places())


def test_every_commit_there_is_was_a_place_to_die():
    """Those of the list were: each case waits for its place."""
    assert seen <= {*PLACES, "elsewhere", "control.serve.migrate"}
