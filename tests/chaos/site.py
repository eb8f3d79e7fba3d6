"""The system under chaos: `make run` in a copy of the checkout, a database, a stand-in for VK, and an oracle."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crawler.store import database
from tests.chaos import mistreated, oracle
from tests.chaos.mistreated import FAILPOINTS, MODULES, Mistreated
from tests.checkout import copy_to
from tests.processes import MARK, marked
from tests.system import System
from tests.vk_standin.client import StandIn

CANARY = "canary-of-the-users-token"
TOKENS = tuple(f"{CANARY}-{number}" for number in range(3))
SETTINGS = {
    "VK_TOKENS": ",".join(TOKENS),
    "VK_REQUESTS_PER_SECOND": "5",
    "MAX_RUNS": "2",
    "WARM_SPARES": "1",  # two processors have enough to do
}


@dataclass
class Site(Mistreated):
    system: System

    @property
    def written(self) -> list[Path]:
        return [self.system.folder / "var"]

    def arm(self, moment: str, place: str, action: str = "kill") -> Path:
        """Let the first process die that comes to this commit; the file that is returned vanishes when it does."""
        return mistreated.arm(self.system.folder.parent / "armed", moment, place, action)

    def places(self) -> set[str]:
        """Every commit that was passed so far."""
        return set((self.system.folder.parent / "seen").read_text().split())

    def again(self) -> None:
        """Start the system anew once all that is left of a killed one has gone."""
        assert self.system.process
        self.system.process.wait(20)
        self.system.reader.join()
        self.until(lambda: not any(self.pids(kind) for kind in MODULES), "gone", 20)  # they have ports
        self.system.start()


@contextmanager
def site(
    folder: Path, database_url: str, *, failpoints: bool = False, clock: dict[str, str] | None = None, **settings: str
) -> Iterator[Site]:
    """A running system on a fresh database; at the end all of its processes are gone, whatever a test did to them.
    `clock` is of the environment of its processes and of the stand-in's.
    """
    mark = f"{os.getpid()}-{folder.name}"
    copy_to(folder / "views")
    environment = {MARK: mark, "SQLALCHEMY_DATABASE_URL": database_url}
    if failpoints:
        environment |= {"PYTHONPATH": str(FAILPOINTS), "VIEWS_TEST_FAILPOINT": str(folder / "armed")}
    options = [f"--token=service:{token}" for token in TOKENS]
    engine = database.create(url=database_url)
    clock = clock or {}
    with StandIn(*options, **clock) as vk:
        system = System(folder / "views", environment | vk.environment() | SETTINGS | settings | clock)
        try:
            system.start()
            oracle.install(engine)
            system.login()
            yield Site(vk, engine, mark, system)
        finally:
            engine.dispose()
            if system.process and system.process.poll() is None:
                system.stop()
            clear(mark)


def clear(mark: str) -> None:
    """Kill every process that bears the mark."""
    for pid in marked(mark):
        os.kill(pid, signal.SIGKILL)
