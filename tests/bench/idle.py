"""What the system costs while it has nothing to do."""

import os
import tempfile
import time
from pathlib import Path

from crawler.scrapyd.spare_pool import REST_SECONDS
from tests.bench.figures import Figure
from tests.system import system

TICKS = os.sysconf("SC_CLK_TCK")
QUIET_SECONDS = REST_SECONDS + 10.0  # after the start: spares load and rest, the first looks are taken


def measure(seconds: float = 30.0) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, system(Path(name) / "views", VK_TOKENS="standin-user") as (running, _):
        assert running.process is not None
        time.sleep(QUIET_SECONDS)
        before = {pid: processor(pid) for pid in family(running.process.pid) if is_python(pid)}
        time.sleep(seconds)
        processes = [pid for pid in before if Path(f"/proc/{pid}").exists()]  # some only help at the start
        share = 100 * sum(processor(pid) - before[pid] for pid in processes) / seconds
        how = f"{len(processes)} processes, one of them a spare, over {seconds:g} s"
        return [
            Figure("processor of the idle system, of one core", share, "%", at_most=1, how=how),
            Figure("memory of the idle system (PSS)", sum(map(megabytes, processes)), "MB", at_most=380, how=how),
        ]


def family(pid: int) -> list[int]:
    """A process and all below it."""
    children = [int(word) for file in Path(f"/proc/{pid}/task").glob("*/children") for word in file.read_text().split()]
    return [pid, *(each for child in children for each in family(child))]


def is_python(pid: int) -> bool:
    """`make` and its shell are the user's."""
    return b"python" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]


def processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def megabytes(pid: int) -> float:
    """What it has alone, and its share of what several have."""
    return int(Path(f"/proc/{pid}/smaps_rollup").read_text().partition("\nPss:")[2].split()[0]) / 1024
