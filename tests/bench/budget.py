"""Four processes on one token: how much of its requests per second they use, and whether they ever exceed it.

`make bench` prints both as ratios. The stand-in's journal tells when each request arrived.
"""

import subprocess
import sys
import tempfile

from crawler import database
from tests.checkout import ROOT
from tests.conftest import migrate
from tests.seed import seed
from tests.system import clean_environment
from tests.vk_standin.client import StandIn

RATE = int(sys.argv[1]) if len(sys.argv) > 1 else 20
PROCESSES = 4
CALLS = 60  # of each process; 100 posts a call


def worst_window(times: list[float]) -> int:
    """Return the most arrivals within any one second."""
    return max(sum(1 for later in times[place:] if later < time + 1) for place, time in enumerate(times))


def crawl(url: str, vk: StandIn, runs: list[str]) -> list[float]:
    settings = vk.environment() | {"VK_TOKENS": "standin-service", "VK_REQUESTS_PER_SECOND": str(RATE)}
    environment = clean_environment() | settings | {"SQLALCHEMY_DATABASE_URL": url}
    command = [sys.executable, "-m", "scrapy", "crawl", "vk_views", "-L", "ERROR", "-a"]
    processes = [subprocess.Popen([*command, f"run={run}"], cwd=ROOT, env=environment) for run in runs]
    assert [process.wait() for process in processes] == [0] * PROCESSES
    return sorted(entry["time"] for entry in vk.journal() if entry["method"] == "wall.getById")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, StandIn("--latency=0.1") as vk:
        url = f"sqlite:///{folder}/views.db"
        migrate(url)
        engine = database.create(url=url)
        items = [1000 * number + 1 for number in range(1, 100 * CALLS + 1)]  # ordinary ones
        runs = [seed(engine, [f"wall-{owner}_{item}" for item in items]) for owner in range(1, PROCESSES + 1)]
        times = crawl(url, vk, runs)
        engine.dispose()
    used = (len(times) - 1) / (RATE * (times[-1] - times[0]))
    allowed = RATE + max(1, RATE // 10)
    worst = worst_window(times)
    print(f"budget of {RATE} requests/s, {PROCESSES} processes, {len(times)} requests")
    print(f"  used: {used:.1%} of it (at least 95 % is wanted)")
    print(f"  worst second: {worst} arrivals, {worst / allowed:.2f} of the {allowed} allowed")


if __name__ == "__main__":
    main()
