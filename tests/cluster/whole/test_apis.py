"""Two APIs behind haproxy: one of their hosts is lost while clients ask."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

from tests.cluster import extent, network
from tests.cluster.balancer import balancer
from tests.cluster.hosts import Cluster
from tests.cluster.labs import cluster, usual
from tests.cluster.scenario import play
from tests.cluster.strikes import lose, regain

ANSWER_SECONDS = 5.0
LOST_SECONDS = 12.0

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("apis")
    with (
        cluster(folder, usual(extent.NODES), TRUSTED_HOSTS=network.HERE) as found,
        balancer(found, folder) as found.balancer,
    ):
        yield found


def host_lost(how):
    """Lose one of the hosts with an API, whichever it is, for as long as requests come."""

    @contextmanager
    def strike(lab: Cluster, rng: Random) -> Iterator[None]:
        victim = rng.choice(lab.controls)
        lose(lab, victim, how)
        time.sleep(LOST_SECONDS)
        yield
        regain(lab, victim, how)
        lab.until(lambda: lab.leaders() == 1, "led", 30)

    return strike


@pytest.mark.parametrize("how", ["killed", "cut off"])
def test_L6_every_request_is_answered_though_an_api_is_lost(lab, how):
    row = play(lab, f"L6 one of two APIs is {how}", host_lost(how), 10)
    row.beside = f"the slowest answer after {row.longest:.1f} s"
    assert row.longest <= ANSWER_SECONDS
