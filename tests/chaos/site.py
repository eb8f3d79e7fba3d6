"""The system under chaos: `make run` in a copy of the checkout, a database, a stand-in for VK, and an oracle."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, exists, select

from crawler.store import database
from crawler.store.models.batches import Link, Status
from crawler.store.models.runs import Run, RunState
from tests.chaos import oracle
from tests.checkout import copy_to
from tests.processes import MARK, job_of, marked, parent, spares, spiders
from tests.system import System
from tests.vk_standin.client import StandIn

CANARY = "canary-of-the-users-token"
TOKENS = tuple(f"{CANARY}-{number}" for number in range(3))
FAILPOINTS = Path(__file__).parent / "failpoints"
MODULES = {"api": "control.api", "scheduler": "control.scheduler", "scrapyd": "scrapyd"}
RUNNERS = {"spider": spiders, "spare": spares}
SETTINGS = {
    "VK_TOKENS": ",".join(TOKENS),
    "VK_REQUESTS_PER_SECOND": "5",
    "MAX_RUNS": "2",
    "WARM_SPARES": "1",  # two processors have enough to do
}


@dataclass
class Site:
    system: System
    vk: StandIn
    engine: Engine
    mark: str

    def pids(self, kind: str) -> list[int]:
        """The processes of a kind: `api`, `scheduler`, `scrapyd`, `spare`, `spider`, `supervisor`."""
        if kind in RUNNERS:
            return RUNNERS[kind](self.mark)
        return [pid for pid, words in marked(self.mark).items() if _is(kind, words[1:])]

    def orphans(self) -> list[int]:
        """The spares that have outlived their scrapyd."""
        scrapyds = self.pids("scrapyd")
        return [pid for pid in self.pids("spare") if parent(pid) not in {0, *scrapyds}]

    @staticmethod
    def signal(pids: Iterable[int], name: str) -> int:
        """Send a signal to the first of these processes that is there; its pid or 0."""
        for pid in pids:
            try:
                os.kill(pid, signal.Signals[name])
            except ProcessLookupError:
                continue
            return pid
        return 0

    def kill(self, kind: str) -> int:
        """Kill one of the kind with `kill -9`; of the spiders one that works. The pid, 0 if there is none."""
        return self.signal(self.working() if kind == "spider" else self.pids(kind), "SIGKILL")

    def working(self) -> list[int]:
        """The spiders that wait for an answer of VK."""
        waiting = exists().where(Link.run_id == Run.id, Link.status == Status.IN_PROGRESS, Link.sent.is_(True))
        with self.engine.connect() as connection:
            jobs = set(connection.execute(select(Run.job).where(Run.state == RunState.RUNNING, waiting)).scalars())
        return [pid for pid in sorted(self.pids("spider")) if job_of(pid) in jobs]

    def scalar(self, statement: Any, **values: Any) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(statement, values).scalar_one()

    def arm(self, moment: str, place: str, action: str = "kill") -> Path:
        """Let the first process die that comes to this commit; the file that is returned vanishes when it does."""
        file = self.system.folder.parent / "armed"
        file.with_suffix(".new").write_text(f"{moment} {place} {action}\n")
        return file.with_suffix(".new").rename(file)

    def places(self) -> set[str]:
        """Every commit that was passed so far."""
        return set((self.system.folder.parent / "seen").read_text().split())

    @staticmethod
    def until(true: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
        """Wait until it is true; the result."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if result := true():
                return result
            time.sleep(0.02)
        raise AssertionError(f"not {what} in {seconds} s")

    def faults(self) -> list[str]:
        """What our processes have logged as errors of ours."""
        files = (self.system.folder / "var").rglob("*.log*")
        return [line for file in files for line in file.read_text().splitlines() if "internal error" in line]

    def again(self) -> None:
        """Start the system anew once all that is left of a killed one has gone."""
        assert self.system.process
        self.system.process.wait(20)
        self.system.reader.join()
        self.until(lambda: not any(self.pids(kind) for kind in MODULES), "gone", 20)  # they have ports
        self.system.start()


def _is(kind: str, words: list[str]) -> bool:
    if kind == "supervisor":
        return words[:2] == ["-m", "control.serve"]
    return words[:3] == ["-m", "control.supervision.child", MODULES[kind]]


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
            yield Site(system, vk, engine, mark)
        finally:
            engine.dispose()
            if system.process and system.process.poll() is None:
                system.stop()
            _clear(mark)


def _clear(mark: str) -> None:
    for pid in marked(mark):
        os.kill(pid, signal.SIGKILL)
