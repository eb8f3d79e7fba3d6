"""PostgreSQL is killed while everybody works with it."""

import random
import time

import pytest

from tests import postgresql
from tests.chaos import invariants
from tests.chaos.extent import SEED, times
from tests.chaos.site import site

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def server():
    with postgresql.running(postgresql.DURABLE) as server:
        yield server


@pytest.fixture(scope="module")
def here(server, tmp_path_factory):
    with site(tmp_path_factory.mktemp("killed"), server.address.format("postgres")) as started:
        yield started


@pytest.mark.parametrize("number", times(2, 20))
def test_what_was_accepted_survives(here, server, anna, batch, number):
    rng = random.Random(f"{SEED}.{number}")
    here.vk.set(latency=0.3)
    anna.submit(batch(800))
    time.sleep(rng.uniform(0, 4))
    server.kill()
    time.sleep(rng.uniform(0, 3))
    server.start()
    anna.submit(batch())
    here.until(lambda: not anna.open(), "finished", 120)
    invariants.check(here, [anna])
