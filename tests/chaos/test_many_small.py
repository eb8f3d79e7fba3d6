"""Many batches of one link, worked one after the other by processes that are killed meanwhile."""

import random

import pytest
from sqlalchemy import func, select

from crawler.store.models.runs import Run
from tests.chaos import invariants
from tests.chaos.client import Client
from tests.chaos.extent import SEED, some, times
from tests.chaos.site import site

pytestmark = pytest.mark.process

BATCHES = 12  # between two kills
KINDS = ("spider", "scheduler", "spider", "scrapyd")
DATABASES = [name for name, _ in some([("sqlite", "any"), ("postgresql", "any")], by=1)]


@pytest.mark.parametrize("empty_url", DATABASES, indirect=True)
def test_no_small_batch_is_lost_or_done_twice_whatever_is_killed_between_them(tmp_path, empty_url, batch):
    rng = random.Random(SEED)
    with site(tmp_path, empty_url, VK_REQUESTS_PER_SECOND="50") as here:
        from_many = [a_user(here, name) for name in ("anna", "boris")]
        here.vk.set(latency=0.1)
        for _ in times(1, 10):
            for kind in KINDS:
                given = [(client, client.submit(batch(1))) for client in from_many for _ in range(BATCHES // 2)]
                client, chosen = rng.choice(given)
                rng.choice((client.cancel, client.erase))(chosen)
                here.until(lambda kind=kind: here.kill(kind), f"there: a {kind}")
        here.until(lambda: not sum(client.open() for client in from_many), "finished", 180)
        invariants.check(here, from_many)
        shared = select(func.count()).where(Run.job != Run.id)
        assert here.scalar(shared) > 0, "no process went on with a further run"


def a_user(here, name):
    client = Client(here.system.url, name)
    client.login()
    return client
