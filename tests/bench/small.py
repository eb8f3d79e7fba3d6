"""Many one-link batches of one user at once, and another user who comes meanwhile; beside a process for each run."""

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from threading import Event

from tests.bench import posts
from tests.bench.figures import Figure
from tests.bench.one import finish
from tests.system import System, system

SETTINGS = {"VK_TOKENS": "standin-user", "VK_REQUESTS_PER_SECOND": "1000", "MAX_RUNS": "2"}
LOOK_SECONDS = 0.1
PAUSE_SECONDS = 1.0  # of the other user, between two batches
PATIENCE_SECONDS = 300.0


def measure(batches: int = 150, of_single_runs: int = 20) -> list[Figure]:
    """Where every run has a process of its own, the rate does not depend on how many batches there are."""
    single, _ = flood(of_single_runs, RUNS_PER_PROCESS="1")
    rate, waits = flood(batches)
    how = f"{batches} at once, two runs at a time; a process for each run: {single:.2f} batches/s"
    beside = f"of {len(waits)} batches, each {PAUSE_SECONDS:g} s after the last one; worst {max(waits):.2f} s"
    return [
        Figure("one-link batches of one user, first POST to last done", rate, "batches/s", at_least=5, how=how),
        Figure("one-link batches, ours ÷ a process for each run", rate / single, "times", at_least=5),
        Figure("another user's link beside them, POST to done, median", median(waits), "s", at_most=1.5, how=beside),
    ]


def flood(batches: int, **settings: str) -> tuple[float, list[float]]:
    """Batches a second, and how many seconds each link of another user took meanwhile."""
    with tempfile.TemporaryDirectory() as name, system(Path(name) / "views", **SETTINGS | settings) as (running, _):
        finish(running, posts.links(1000, 1))
        time.sleep(3)  # spare processes get ready
        with another_user(running) as waits:
            ids = [running.submit([link]) for link in posts.links(1, batches)]
            ends = [_end(running, id_) for id_ in ids]
            began = _seconds(running.batch(ids[0])["created_at"])
    return batches / (max(ends) - began), waits


@contextmanager
def another_user(running: System) -> Iterator[list[float]]:
    """Hand a link in now and then as somebody else; the seconds that each took until it was done."""
    other, over, waits = System(running.folder, {}), Event(), list[float]()
    other.url = running.url
    other.login("other")

    def come_and_go() -> None:
        while not over.wait(PAUSE_SECONDS):
            waits.append(finish(other, posts.links(2 + len(waits), 1), look=0.05))

    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(come_and_go)
        try:
            yield waits
        finally:
            over.set()
    coming.result()


def _end(running: System, id_: str) -> float:
    end = time.monotonic() + PATIENCE_SECONDS
    while not (finished := running.batch(id_)["finished_at"]):
        assert time.monotonic() < end, running.logs()
        time.sleep(LOOK_SECONDS)
    return _seconds(finished)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
