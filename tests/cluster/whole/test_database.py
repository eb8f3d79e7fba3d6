"""PostgreSQL is killed, restarted, cut off and switched over while everybody works with it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from random import Random

import pytest

from tests import postgresql
from tests.cluster import databases, extent, network
from tests.cluster.hosts import Cluster
from tests.cluster.labs import begin, hosts, servers, usual
from tests.cluster.scenario import play_round, watched
from tests.conftest import execute

CUT_SECONDS = 30.0
RECOVERY_SECONDS = 30.0
SWITCHES = 5
BOTH = ("database-a", "database-b")

pytestmark = pytest.mark.process


class Pair:
    """A server and its standby, in turn on one of two hosts."""

    def __init__(self, addresses: dict[str, str], stack: ExitStack) -> None:
        self.addresses, self.stack = addresses, stack
        self.now, self.then = BOTH
        self.server = self._running(self.now, "")
        execute(self.server.address, "CREATE DATABASE views")

    def _running(self, name: str, copied: str) -> postgresql.Server:
        server = postgresql.running(
            postgresql.DURABLE, self.addresses[name], inside=network.inside(name), copied=copied
        )
        return self.stack.enter_context(server)

    @property
    def url(self) -> str:
        """Both hosts, of which the one is taken that can be written to."""
        both = "&".join(f"host={self.addresses[name]}" for name in BOTH)
        return f"postgresql+psycopg://postgres@/views?{both}&target_session_attrs=read-write"

    def follow(self) -> None:
        """Have a standby that every commit waits for."""
        self.standby = self._running(self.then, self.addresses[self.now])
        databases.wait_for_commits(self.addresses[self.now])

    def switch(self) -> None:
        """Lose the one, and have the other take its place."""
        self.server.kill()
        databases.promote(self.addresses[self.then])
        self.server, self.now, self.then = self.standby, self.then, self.now


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    roles = usual(extent.NODES)
    with ExitStack() as stack:
        addresses = stack.enter_context(servers(*BOTH, *roles))
        found = Pair(addresses, stack)
        found.lab = stack.enter_context(hosts(tmp_path_factory.mktemp("servers"), addresses, roles, found.url))
        begin(found.lab)
        yield found


def played(pair, name, strike, whole):
    """PostgreSQL's own absence is no silence of the schedulers: `RECOVERY_SECONDS` hold, beside the invariants."""
    with watched(pair.lab, name, limit=CUT_SECONDS + RECOVERY_SECONDS) as row:
        for number in extent.rounds(whole):
            play_round(pair.lab, row, strike, extent.chance(name, number), f"{name} {number}")


def test_L7_postgresql_is_killed(pair):
    @contextmanager
    def killed(_lab: Cluster, rng: Random) -> Iterator[None]:
        pair.server.kill()
        time.sleep(rng.uniform(0, 3))
        pair.server.start()
        yield

    played(pair, "L7 PostgreSQL is killed", killed, 20)


def test_L7_postgresql_is_cut_off(pair):
    @contextmanager
    def cut_off(_lab: Cluster, _rng: Random) -> Iterator[None]:
        network.cut_off(pair.now)
        time.sleep(CUT_SECONDS)
        network.heal(pair.now)
        yield

    played(pair, "L7 PostgreSQL is cut off for 30 s", cut_off, 5)


def test_L7_a_standby_takes_over(pair):
    @contextmanager
    def switched(_lab: Cluster, _rng: Random) -> Iterator[None]:
        pair.follow()
        pair.switch()
        yield

    played(pair, "L7 PostgreSQL is lost and its standby takes over", switched, SWITCHES)
