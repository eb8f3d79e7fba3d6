"""How much of a token's requests per second processes use, alone and together, and whether they ever exceed it.

The stand-in's journal tells when each request arrived.
"""

from bisect import bisect_left
from contextlib import ExitStack

from crawler.store import database
from tests.bench import spider, storage
from tests.bench.figures import Figure
from tests.vk_standin.client import StandIn

CASES = ((3, 1), (20, 1), (60, 1), (20, 4))  # requests a second, processes
POSTS = 100  # a call of a service's token


def measure(cases: tuple[tuple[int, int], ...] = CASES, seconds: float = 10) -> list[Figure]:
    figures = []
    for rate, processes in cases:
        times = arrivals(rate, processes, max(2, round(rate * seconds / processes)))
        used = (len(times) - 1) / (rate * (times[-1] - times[0]))
        who = "one process" if processes == 1 else f"{processes} processes"
        name, how = f"budget of {rate} requests/s, {who}", f"{len(times)} calls of {POSTS} posts"
        figures.append(Figure(f"{name}: share used", 100 * used, "%", at_least=95, how=how))
        how = f"{rate} and a tenth more, at least 1: arrivals jitter"
        allowed = rate + max(1, rate // 10)
        figures.append(Figure(f"{name}: worst second", worst_window(times), "calls", at_most=allowed, how=how))
    return figures


def arrivals(rate: int, processes: int, calls: int) -> list[float]:
    """When each call arrived, of so many `calls` a process."""
    with storage.storage(storage.SQLITE) as url, StandIn("--latency=0.1") as vk, ExitStack() as stack:
        engine = database.create(url=url)
        spider.know(engine, "standin-service")
        runs = [spider.plant(engine, owner, POSTS * calls) for owner in range(1, processes + 1)]
        working = [stack.enter_context(spider.begin(url, vk, run, "standin-service", rate)) for run in runs]
        codes = [process.wait() for process in working]
        engine.dispose()
        assert codes == [0] * processes
        return sorted(entry["time"] for entry in vk.journal() if entry["method"] == "wall.getById")


def worst_window(times: list[float]) -> int:
    """Return the most arrivals within any one second."""
    return max(bisect_left(times, time + 1) - place for place, time in enumerate(times))
