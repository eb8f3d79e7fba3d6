"""A system on several hosts: here PostgreSQL and the stand-in for VK, there hosts with some roles each."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from crawler.store import database
from tests import postgresql
from tests.checkout import copy_to
from tests.cluster import network
from tests.conftest import execute, migrate
from tests.system import System
from tests.vk_standin.client import StandIn

CONTROL, NODE = "api,scheduler", "node"
LEASE_SECONDS = 6
SECRETS = {"SECRET_KEY": "k" * 40, "SCRAPYD_PASSWORD": "p" * 40}
SHARED = {
    **SECRETS,
    "VK_TOKENS": "standin-service",
    "LEASE_SECONDS": str(LEASE_SECONDS),
    "MAX_RUNS": "2",
    "WARM_SPARES": "0",
}


class Host(System):
    """A host with roles of its own: a network namespace, a checkout and its `var/`."""

    def __init__(self, name: str, address: str, folder: Path, settings: dict[str, str]) -> None:
        own = {"HOST": address, "SCRAPYD_URLS": ""}
        if settings["ROLES"] == NODE:
            own["NODE_URL"] = f"http://{address}:6800"
        super().__init__(copy_to(folder), settings | own)
        self.name, self.node_url = name, own.get("NODE_URL", "")
        self.url = f"http://{address}:{self.port}"
        self.command = [*network.inside(name), *self.command]


@dataclass
class Cluster:
    engine: Engine
    vk: StandIn
    hosts: dict[str, Host] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    def crash(self, name: str) -> None:
        """Let a host end without a word: all its processes are killed and nothing of it is heard."""
        network.cut_off(name)
        assert network.signal_all(name, signal.SIGKILL)
        process = self[name].process
        assert process
        process.wait()

    def restart(self, name: str) -> None:
        network.heal(name)
        self[name].start()


@contextmanager
def cluster(folder: Path, roles: dict[str, str]) -> Iterator[Cluster]:
    """Hosts of these names with these roles, all started."""
    with ExitStack() as stack:
        addresses = stack.enter_context(network.network(list(roles)))
        server = stack.enter_context(postgresql.running(postgresql.FAST, listening=network.HERE))
        execute(server.address, "CREATE DATABASE views")
        migrate(server.address.format("views"))
        vk = stack.enter_context(StandIn("--interface", network.HERE))
        engine = database.create(url=server.address.format("views"))
        stack.callback(engine.dispose)
        url = f"postgresql+psycopg://postgres@{network.HERE}/views"
        shared = vk.environment() | SHARED | {"SQLALCHEMY_DATABASE_URL": url}
        found = Cluster(engine, vk)
        for name, own in roles.items():
            found.hosts[name] = Host(name, addresses[name], folder / name, shared | {"ROLES": own})
            stack.callback(_stop, found.hosts[name])
        for host in found.hosts.values():
            host.start()
        yield found


def _stop(host: Host) -> None:
    if host.process and host.process.poll() is None:
        host.stop()
