"""A process dies before or after a commit, at every place where one is made: nothing is lost, nothing is double."""

import itertools
import os
import signal
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.chaos import invariants
from tests.chaos.client import Client
from tests.chaos.conftest import address
from tests.chaos.extent import ALL, some
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


def a_deadline_passes(here, anna):
    """While a spider has all links of the batch in its hands: it ends them well all the same."""
    here.vk.set(latency=3)
    anna.submit(batch())
    in_hand = text("SELECT count(*) FROM links WHERE status = 'in progress'")
    waiting = text("SELECT count(*) FROM links WHERE status = 'created'")
    here.until(lambda: here.scalar(in_hand) and not here.scalar(waiting), "in hand")
    change(here, "UPDATE batches SET deadline_at = 1 WHERE closed_at IS NULL")
    here.vk.set(latency=0.2)


def one_process_goes_on(here, anna):
    """More small batches than there are slots."""
    for _ in range(6):
        anna.submit(batch(1))


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


def a_wait_is_over(here, anna):
    no_token_works(here, anna)
    here.until(lambda: here.scalar(text("SELECT count(*) FROM parts WHERE ready_from IS NOT NULL")), "waiting")
    change(here, "UPDATE parts SET waiting_until = 0")
    change(here, "UPDATE parts SET ready_from = 1 WHERE ready_from IS NOT NULL")


def the_scheduler_restarts(here, anna):
    anna.submit(batch())
    here.kill("scheduler")


def a_batch_is_cancelled(here, anna):
    anna.cancel(anna.submit(batch()))


def a_batch_is_deleted(here, anna):
    anna.erase(anna.submit(batch()))


def an_export_is_made(here, anna):
    order_export(here, anna)


def an_export_is_deleted(here, anna):
    anna.insist("DELETE", f"/exports/{order_export(here, anna)}")


def the_exports_maker_dies(here, anna):
    made = order_export(here, anna, ready=False)
    here.until(lambda: kill_maker(here.system.folder), "killed")
    here.until(lambda: is_ready(here, anna, made), "ready")


def order_export(here, anna, ready=True):
    """Order one; the same order is answered with the same export, whoever died. Only so many are kept."""
    for each in anna.insist("GET", "/exports").json()["exports"]:
        anna.insist("DELETE", f"/exports/{each['id']}")
    made = anna.insist("POST", "/exports", {"batch": anna.submit(batch())}).json()["id"]
    if ready:
        here.until(lambda: is_ready(here, anna, made), "ready")
    return made


def posts_are_followed(here, anna):
    """Each due point of them is measured once, whoever died and was asked again."""
    links = batch(20)
    campaign = anna.insist("POST", "/campaigns", {"name": "followed"}).json()["id"]
    anna.insist("POST", f"/campaigns/{campaign}/placements", {"links": links}, key=campaign)
    here.until(lambda: all(row["views"] for row in placements(anna, campaign)), "measured")
    assert [row["views"] for row in placements(anna, campaign)][: len(links)] == [
        invariants.truth_of(link) for link in links
    ]
    here.until(lambda: here.scalar(text("SELECT count(*) FROM points WHERE settled_at IS NULL")) == 0, "settled")
    assert here.scalar(text(f"SELECT count(*) FROM readings WHERE {OF_POINTS}")) == here.scalar(
        text(f"SELECT count(*) FROM points WHERE {OF_POINTS} AND reading_id IS NOT NULL")
    )


def a_month_is_looked_for(here, anna):
    """By a scheduler that has just begun; one that goes on looks every minute."""
    anna.insist("POST", "/campaigns", {"name": "a month"})
    here.kill("scheduler")


def a_month_is_closed(here, anna):
    """It is closed once, whoever died and was asked again."""
    campaign = anna.insist("POST", "/campaigns", {"name": "a month"}).json()["id"]
    closed = anna.insist("POST", f"/campaigns/{campaign}/months/2026-09/close")
    assert closed.status_code == 200, closed.text
    count = text("SELECT count(*) FROM closed_months JOIN campaigns ON id = campaign_id WHERE public_id = :id")
    assert here.scalar(count, id=campaign) == 1


OF_POINTS = "post_id IN (SELECT post_id FROM points)"


def placements(anna, campaign):
    return anna.insist("GET", f"/campaigns/{campaign}/placements").json()["placements"]


def is_ready(here, anna, export):
    return anna.insist("GET", f"/exports/{export}").json()["state"] == "ready"


def kill_maker(checkout):
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            ours = (folder / "cwd").readlink() == checkout
            if ours and b"control.exports.child" in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
                return True
    return False


PLACES = {
    "control.batches.submission.submit": ordinary,
    "control.accounts.users.insert": a_user_comes,
    "control.accounts.attempts.count": a_user_comes,
    "control.accounts.attempts.forget": a_user_comes,
    "control.accounts.logins.start": a_user_comes,
    "control.accounts.users.leave": a_user_leaves,
    "control.scheduler.account_erasure._step": a_user_leaves,
    "control.batches.cancellation.cancel": a_batch_is_cancelled,
    "control.batches.cancellation.delete": a_batch_is_deleted,
    "control.scheduler.dispatch.look_again": the_scheduler_restarts,
    "control.scheduler.dispatch.enlist": ordinary,
    "control.scheduler.dispatch._deliver": ordinary,
    "control.scheduler.closing.expire": a_deadline_passes,
    "control.scheduler.closing.close": ordinary,
    "control.scheduler.lining_up.come_up": a_wait_is_over,
    "control.scheduler.lining_up.examine": the_scheduler_restarts,
    "control.scheduler.counting.count": ordinary,
    "control.scheduler.rescue._lost": the_spider_hangs,
    "control.scheduler.pruning.remove": the_scheduler_restarts,
    "control.routes.exports.create_export": an_export_is_made,
    "control.exports.lease.take": an_export_is_made,
    "control.exports.lease.clear": an_export_is_made,
    "control.exports.lease.reserve": an_export_is_made,
    "control.exports.lease.store": an_export_is_made,
    "control.exports.lease.finish": an_export_is_made,
    "control.exports.lease.give_back": the_exports_maker_dies,
    "control.exports.orders.remove": an_export_is_deleted,
    "control.campaigns.campaigns.make": posts_are_followed,
    "control.campaigns.placements.add": posts_are_followed,
    "control.campaigns.month_closing.close": a_month_is_closed,
    "control.scheduler.months_ready.tell": a_month_is_looked_for,
    "control.scheduler.points.gather": posts_are_followed,
    "control.scheduler.points._settle": posts_are_followed,
    "control.scheduler.leadership.Leadership._renew": ordinary,
    "control.monitoring.heartbeat.write": ordinary,
    "crawler.queue.nodes.register": ordinary,
    "crawler.queue.lease.start": ordinary,
    "crawler.queue.lease.beat": vk_is_slow,
    "crawler.queue.claims.claim": ordinary,
    "crawler.run.ledger.Ledger._slots": ordinary,
    "crawler.run.ledger.Ledger._sendings": slots_lie_ahead,
    "crawler.queue.results.save": ordinary,
    "crawler.queue.budgets._note": tokens_are_flooded,
    "crawler.run.ledger.Ledger._count": tokens_are_flooded,
    "crawler.queue.claims.postpone_part": no_token_works,
    "crawler.queue.claims.settle": ordinary,
    "crawler.queue.succession.take": one_process_goes_on,
    "crawler.scrapyd.reaper.give_up_run": the_spider_dies,
}

FOR_CHAOS = {  # left to `make chaos`: whoever dies there fares as at the place before or after
    "control.routes.exports.create_export",
    "control.exports.lease.clear",
    "control.exports.lease.reserve",
    "control.exports.lease.finish",
    "control.exports.orders.remove",
    "control.campaigns.campaigns.make",
    "control.campaigns.month_closing.close",
}
NOW_AND_THEN = {  # of what takes long, or after hundreds of batches
    "control.exports.child.Keeper.keep",
    "control.scheduler.counting._add_up",
    "crawler.run.ledger.Ledger._not_sending",  # when a call has missed its slot, and the next one is far away
}
AT_THE_START = {"control.supervision.prepare.migrate", "crawler.queue.budgets.forget_rights"}  # begun anew at the next
STORING_NOTHING = {"crawler.queue.wakeup.send"}  # a NOTIFY, on PostgreSQL only


def change(here, statement, **values):
    with here.engine.begin() as connection:
        connection.execute(text(statement), values)


def finished(here, anna):
    """Whether all is over; who waits for a token to recover need not wait."""
    with here.engine.connect() as connection:
        paused = connection.execute(text("SELECT key FROM budgets WHERE paused_until > 0")).scalars().all()
    for key in paused:  # one by one: who locks several in another order than the spiders may lock them out
        change(here, "UPDATE budgets SET paused_until = 0 WHERE key = :key", key=key)
    change(here, "UPDATE parts SET waiting_until = 0")
    change(here, "UPDATE parts SET ready_from = 1 WHERE ready_from IS NOT NULL")
    return not anna.open()


OF_SEVERAL_HOSTS = {"control.scheduler.leadership.Leadership._renew"}  # which SQLite never serves

CASES = [
    (name, place, moment)
    for name, place, moment in itertools.product(["sqlite", "postgresql"], PLACES, ["before", "after"])
    if (ALL or place not in FOR_CHAOS) and (name == "postgresql" or place not in OF_SEVERAL_HOSTS)
]


@pytest.mark.process
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
    assert seen <= {*PLACES, *AT_THE_START, *STORING_NOTHING, *NOW_AND_THEN, "elsewhere"}
