"""What is mistreated and looked at afterwards: processes of ours that bear a mark, a stand-in for VK, a database."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, exists, select

from crawler.store.models.batches import Link, Status
from crawler.store.models.runs import Run, RunState
from tests.processes import job_of, marked, parent, spares, spiders
from tests.vk_standin.client import StandIn

FAILPOINTS = Path(__file__).parent / "failpoints"
MODULES = {"api": "control.api", "scheduler": "control.scheduler", "scrapyd": "scrapyd"}
RUNNERS = {"spider": spiders, "spare": spares}


@dataclass
class Mistreated:
    vk: StandIn
    engine: Engine
    mark: str

    @property
    def written(self) -> list[Path]:
        """The folders where its hosts write."""
        raise NotImplementedError

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
        files = [file for folder in self.written for file in folder.rglob("*.log*")]
        return [line for file in files for line in file.read_text().splitlines() if "internal error" in line]


def arm(file: Path, moment: str, place: str, action: str) -> Path:
    """Let the first process that comes to this commit die, or stop; the file vanishes when it does."""
    file.with_suffix(".new").write_text(f"{moment} {place} {action}\n")
    return file.with_suffix(".new").rename(file)


def _is(kind: str, words: list[str]) -> bool:
    if kind == "supervisor":
        return words[:2] == ["-m", "control.serve"]
    return words[:3] == ["-m", "control.supervision.child", MODULES[kind]]
