"""A system on several hosts: each is a network namespace with roles, a checkout and a `var/` of its own."""

import signal
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from control.monitoring.heartbeat import standings
from control.scheduler.leadership import DUTY
from crawler.queue import nodes
from crawler.store.models.hosts import Leader
from crawler.store.models.runs import Run, RunState
from tests.chaos import mistreated
from tests.chaos.mistreated import FAILPOINTS, Mistreated
from tests.checkout import copy_to
from tests.cluster import network
from tests.system import System

CONTROL, NODE = "api,scheduler,migrate", "node"
START_SECONDS = 300.0  # a busy machine takes long to start several hosts at once


class Host(System):
    def __init__(self, name: str, address: str, folder: Path, settings: Mapping[str, str]) -> None:
        own = {"HOST": address, "SCRAPYD_URLS": "", "VIEWS_TEST_FAILPOINT": str(folder / "points/armed")}
        if "node" in settings["ROLES"]:
            own["NODE_URL"] = f"http://{address}:6800"
        (folder / "points").mkdir(parents=True)
        super().__init__(copy_to(folder / "views"), {"PYTHONPATH": str(FAILPOINTS), **own, **settings})
        self.name, self.address, self.node_url = name, address, own.get("NODE_URL", "")
        self.url = f"http://{address}:{self.port}"
        self.command = [*network.inside(name), str(self.folder / ".venv/bin/python"), "-m", "control.serve"]

    @property
    def id(self) -> str:
        return (self.folder / "var/host_id").read_text().strip()

    def arm(self, moment: str, place: str) -> Path:
        """Let the first process of this host stop that comes to this commit; the file vanishes when it does."""
        return mistreated.arm(self.folder.parent / "points/armed", moment, place, "stop")


@dataclass
class Cluster(Mistreated):
    """`balancer` is the address of what stands before the APIs, if anything does."""

    hosts: dict[str, Host] = field(default_factory=dict)
    balancer: str = ""

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    @property
    def written(self) -> list[Path]:
        return [host.folder / "var" for host in self.hosts.values()]

    @property
    def controls(self) -> list[Host]:
        return [host for host in self.hosts.values() if not host.node_url]

    @property
    def nodes(self) -> list[Host]:
        return [host for host in self.hosts.values() if host.node_url]

    @property
    def front(self) -> str:
        """Where clients ask: the balancer, or the API of a host that is not the leading one."""
        return self.balancer or next(host.url for host in self.controls if host is not self.leader())

    def start(self, hosts: Iterable[Host]) -> None:
        """Start them all at once."""
        started = list(hosts)
        with ThreadPoolExecutor(len(started)) as threads:
            list(threads.map(lambda host: host.start(START_SECONDS), started))

    def crash(self, host: Host) -> None:
        """Let a host end without a word: all its processes are killed and nothing of it is heard."""
        network.cut_off(host.name)
        assert network.signal_all(host.name, signal.SIGKILL)
        assert host.process
        host.process.wait()

    def restart(self, host: Host) -> None:
        network.heal(host.name)
        host.start(START_SECONDS)

    def stop(self) -> None:
        for host in self.hosts.values():
            if host.process and host.process.poll() is None:
                host.stop()

    def at_work(self) -> list[Host]:
        """The nodes that work on runs."""
        running = select(Run.node).where(Run.state == RunState.RUNNING, Run.finished_at.is_(None)).distinct()
        with self.engine.connect() as connection:
            found = connection.execute(running).scalars().all()
        return [host for host in self.nodes if host.node_url in found]

    def leader(self) -> Host:
        """The host whose scheduler leads, or did last."""
        with self.engine.connect() as connection:
            led = connection.execute(select(Leader.host).where(Leader.duty == DUTY)).scalar()
        return next(host for host in self.controls if host.id == led)

    def leaders(self) -> int:
        return sum(each.leads for each in standings(self.engine))

    def hears(self, host: Host) -> bool:
        with self.engine.connect() as connection:
            rows = nodes.registered(connection)
        return any(row.url == host.node_url and row.silent_for < nodes.EVERY_SECONDS for row in rows)
