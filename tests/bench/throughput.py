"""What one spider stores a second when VK's budget does not hold it back, and what a link costs it.

`python -m tests.bench.throughput [LINKS ...]`: for each number of links, on both databases, with a service's token
(100 posts a call) and a user's (2,500). Seconds count from the won run to the settled one; CPU and memory are the
spider's own, so that they tell the same on a busy machine.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, insert, select

from crawler import database
from crawler.models import Link, Run, User, random_id
from tests import postgresql
from tests.checkout import ROOT
from tests.conftest import execute, migrate
from tests.seed import seed
from tests.system import clean_environment
from tests.vk_standin.client import StandIn

RATE = "1000"  # requests a second, the most that may be set
MOST = 100_000  # links of one batch
COMMAND = (sys.executable, "-m", "crawler.scrapyd.runner", "crawl", "vk_views")


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the runs that worked the links one after the other."""

    links: int
    seconds: float
    cpu: float  # seconds, of the spiders
    served: float  # seconds of CPU, of the stand-in
    megabytes: float  # the most that one of them had

    def __str__(self) -> str:
        rate, cost = self.links / self.seconds, 1e6 * self.cpu / self.links
        served = 1e6 * self.served / self.links
        return f"{rate:8.0f} links/s {cost:6.0f} us CPU/link {served:6.0f} us stand-in/link {self.megabytes:6.0f} MB"


def ordinary(owner: int, count: int) -> list[str]:
    """Posts that have a number."""
    return [f"wall-{owner}_{1000 * (item // 900) + item % 900 + 1000}" for item in range(count)]


def work(url: str, vk: StandIn, run: str, token: str) -> tuple[float, float]:
    """Work the run; the spider's seconds of CPU, and the most memory that it had, in megabytes."""
    settings = vk.environment() | {"VK_TOKENS": token, "VK_REQUESTS_PER_SECOND": RATE, "SQLALCHEMY_DATABASE_URL": url}
    command = [*COMMAND, "-L", "ERROR", "-a", f"run={run}"]
    with subprocess.Popen(command, cwd=ROOT, env=clean_environment() | settings, stdin=subprocess.PIPE) as process:
        most = 0.0
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            most = memory_of(process.pid) or most
            time.sleep(0.05)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime, most


def memory_of(pid: int) -> float:
    """Peak so far. The one that `wait4` tells counts from before the program was loaded: it is our own."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(url: str, vk: StandIn, token: str, links: int) -> Figures:
    """Work batches of that many links together."""
    engine = database.create(url=url)
    user = random_id()
    with engine.begin() as connection:
        connection.execute(insert(User).values(id=user, username=user, password_hash=""))
    sizes = [min(MOST, links - start) for start in range(0, links, MOST)]
    owners = 1 + count(engine, Link.id) // 7
    runs = [seed(engine, ordinary(owners + place, size), user=user) for place, size in enumerate(sizes)]
    before = cpu_of(vk.process.pid)
    used = [work(url, vk, run, token) for run in runs]
    served = cpu_of(vk.process.pid) - before
    seconds = [spent(engine, run) for run in runs]
    engine.dispose()
    return Figures(
        links,
        sum(seconds),
        sum(cpu for cpu, _ in used),
        served,
        max(megabytes for _, megabytes in used),
    )


def count(engine: database.Engine, column: object) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count(column))).scalar_one())


def spent(engine: database.Engine, run: str) -> float:
    """Seconds that the run took; its links are all done."""
    left = select(func.count()).where(Link.batch_id == Run.batch_id, Link.status != "done").scalar_subquery()
    statement = select(Run.finished_at - Run.started_at, Run.outcome, left).where(Run.id == run)
    with engine.connect() as connection:
        seconds, outcome, unfinished = connection.execute(statement).one()
    assert (outcome, unfinished) == ("finished", 0), (outcome, unfinished)
    return float(seconds)


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder, postgresql.running(postgresql.DURABLE) as server:
        execute(server.address, "CREATE DATABASE bench")
        urls = {"SQLite": f"sqlite:///{folder}/views.db", "PostgreSQL": server.address.format("bench")}
        for url in urls.values():
            migrate(url)
        yield urls


def main() -> None:
    numbers = [int(argument) for argument in sys.argv[1:]] or [10_000]
    with databases() as urls, StandIn() as vk:
        for name, url in urls.items():
            for token in ("standin-service", "standin-user"):
                for links in numbers:
                    print(f"{name:10} {token:15} {links:9}: {measure(url, vk, token, links)}", flush=True)


if __name__ == "__main__":
    main()
