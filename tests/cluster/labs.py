"""Makes what a scenario needs: a network, PostgreSQL on a host of its own, the stand-in, and hosts with roles."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from crawler.store import database
from tests import postgresql
from tests.chaos import oracle
from tests.chaos.site import TOKENS, clear
from tests.cluster import network, witness
from tests.cluster.hosts import CONTROL, NODE, Cluster, Host
from tests.conftest import execute
from tests.processes import MARK
from tests.vk_standin.client import StandIn

LEASE_SECONDS = 6
DATABASE = "database"
CONTROLS, NODES = ("control-a", "control-b"), ("node-a", "node-b", "node-c", "node-d")
SHARED = {
    "SECRET_KEY": "k" * 40,
    "SCRAPYD_PASSWORD": "p" * 40,
    "VK_TOKENS": ",".join(TOKENS),
    "LEASE_SECONDS": str(LEASE_SECONDS),
    "MAX_RUNS": "2",
    "WARM_SPARES": "0",
}


def usual(nodes: int) -> dict[str, str]:
    """Two hosts with an API and a scheduler, and so many nodes."""
    return {**dict.fromkeys(CONTROLS, CONTROL), **dict.fromkeys(NODES[:nodes], NODE)}


@contextmanager
def servers(*names: str) -> Iterator[dict[str, str]]:
    """A network with hosts of these names; their addresses. Without a network of its own no test can say anything."""
    if why := network.why_not():
        assert not os.environ.get("CI"), why
        pytest.skip(f"NOT TESTED: {why}")
    with network.network(names) as addresses:
        yield addresses


@contextmanager
def empty_database(addresses: dict[str, str], options: str = postgresql.FAST, name: str = DATABASE) -> Iterator[str]:
    """A PostgreSQL on the host of this name, with a database `views`; its address."""
    with postgresql.running(options, addresses[name], network.inside(name)) as server:
        execute(server.address, "CREATE DATABASE views")
        yield f"postgresql+psycopg://postgres@{addresses[name]}/views"


Own = Mapping[str, Mapping[str, str]]


@contextmanager
def hosts(
    folder: Path, addresses: dict[str, str], roles: dict[str, str], url: str, own: Own | None = None, **settings: str
) -> Iterator[Cluster]:
    """Hosts with these roles, none of which is started yet. `url` is the database's, `own` what only some have."""
    mark, engine = f"{os.getpid()}-{folder.name}", database.create(url=url)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        stack.callback(clear, mark)
        vk = stack.enter_context(StandIn("--interface", network.HERE, *(f"--token=service:{each}" for each in TOKENS)))
        shared = vk.environment() | SHARED | {MARK: mark, "SQLALCHEMY_DATABASE_URL": url} | settings
        lab = Cluster(vk, engine, mark)
        stack.callback(lab.stop)
        for name, role in roles.items():
            mine = shared | {"ROLES": role} | dict((own or {}).get(name, {}))
            lab.hosts[name] = Host(name, addresses[name], folder / name, mine)
        yield lab


def needs(program: str) -> str:
    """The path of a program that a scenario needs besides. Debian keeps servers out of the path of users."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"NOT TESTED: {program} is not installed. On Debian and Ubuntu: apt install {program}"
    return found


@contextmanager
def cluster(
    folder: Path,
    roles: dict[str, str],
    own: Own | None = None,
    before: Callable[[Cluster], None] = lambda _lab: None,
    **settings: str,
) -> Iterator[Cluster]:
    """Hosts that were started at once on an empty database, and what is done `before` that."""
    with (
        servers(DATABASE, *roles) as addresses,
        empty_database(addresses) as url,
        hosts(folder, addresses, roles, url, own, **settings) as lab,
    ):
        before(lab)
        begin(lab)
        yield lab


def begin(lab: Cluster) -> None:
    lab.start(lab.hosts.values())
    oracle.install(lab.engine)
    witness.install(lab.engine)
