"""One post that fails every call it is in, or kills every run: real runs against the stand-in, real claims."""

import pytest
from sqlalchemy import select, text

from crawler.platforms.contract import Measured
from crawler.queue import claims, lease, results
from crawler.queue.results import Result
from crawler.store.database import writing
from crawler.store.models.batches import Link
from tests.bench import posts
from tests.crawler.queue.test_claims import another_run, end_lease, lose
from tests.crawler.spiders.vk_run import VkRun
from tests.seed import seed
from tests.vk_standin import truth

LINKS = 2500  # in one execute
GUILTY = posts.items(LINKS)[1700]
LEASE = 60.0
POISON = {
    "http 500": [{"status": 500}],
    "http 500 of execute only": [{"status": 500, "method": "execute"}],
    "inner error 10": [{"code": 10, "inner": "wall.getById"}, {"code": 10, "method": "wall.getById"}],
    "inner error 10 of execute only": [{"code": 10, "inner": "wall.getById"}],
    "error 7777": [{"code": 7777, "inner": "wall.getById"}, {"code": 7777, "method": "wall.getById"}],
    "no answer": [{"drop": True}],
}


@pytest.fixture
def run(sqlite_url, vk):
    """A user's token; after its second failure no link waits."""
    vk.reset()
    run = VkRun(sqlite_url, vk, posts.items(LINKS), "standin-user")
    run.change("UPDATE budgets SET kind = 'user'")
    run.let_time_fly()
    return run


@pytest.mark.process
@pytest.mark.parametrize("faults", POISON.values(), ids=POISON)
def test_2500_links_in_one_execute_and_a_poison_post(run, vk, faults):
    for fault in faults:
        vk.fault(**fault, post=f"-1_{GUILTY}", times=0)
    run.finish(120)
    plain_calls_work = len(faults) == 1 and faults[0].keys() & {"method", "inner"}
    wrong = {link.url: (link.reason, link.attempts) for link in run.ended() if link.views != views(link.url)}
    innocent = [link for link in run.ended() if not link.url.endswith(str(GUILTY))]
    assert wrong.keys() == (set() if plain_calls_work else {f"wall-1_{GUILTY}"})
    assert {reason for reason, _ in wrong.values()} <= {"vk_error", "network"}
    assert {link.attempts for link in innocent} == {0}, "only who fails alone is charged"
    assert len(vk.journal()) <= 1 + 40


def views(url):
    return truth.views("wall", -1, int(url.rpartition("_")[2]))


@pytest.mark.parametrize("together", [2, 11, 200])
def test_what_kills_every_run_ends_lost_and_its_neighbours_do_not(engine, together):
    """Of 200 links so many are on the wire at once, as pages are; the processes that ask the guilty one die."""
    run_id, guilty = seed(engine, [f"wall-1_{item}" for item in range(1, 201)]), "wall-1_100"
    assert lease.start(engine, run_id, LEASE)
    while unfinished(engine):
        if survives(engine, run_id, together, guilty):
            claims.settle(engine, run_id, LEASE, "finished")
        else:
            die(engine, run_id)
        run_id = another_run(engine, run_id)
    with engine.connect() as connection:
        failed = connection.execute(select(Link.url, Link.reason).where(Link.status == "failed")).all()
    assert failed == [(guilty, "lost")]


def survives(engine, run_id, together, guilty):
    while claimed := claims.claim(engine, run_id, LEASE, 5000):
        for start in range(0, len(claimed), together):
            asked = claimed[start : start + together]
            with writing(engine) as connection:
                lease.extend_lease(connection, run_id, LEASE)
                claims.mark_sent(connection, run_id, [link.id for link in asked])
            if any(link.key == guilty for link in asked):
                return False
            said = [Result((link.id,), link.post_id, Measured(1, "test"), 200) for link in asked]
            results.save(engine, run_id, LEASE, said)
    return True


def die(engine, run_id):
    end_lease(engine, run_id)
    assert lose(engine, run_id)
    with engine.begin() as connection:
        connection.execute(text("UPDATE links SET not_before = 0 WHERE status = 'created'"))


def unfinished(engine):
    with engine.connect() as connection:
        return connection.execute(select(Link.id).where(Link.finished_at.is_(None)).limit(1)).first()
