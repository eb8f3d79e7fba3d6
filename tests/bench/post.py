"""How long a large batch takes to be accepted."""

import json
from statistics import median

from tests.bench import posts, storage
from tests.bench.figures import Figure, p95
from tests.bench.server import Server


def measure(links: int = 100_000, times: int = 10, names: tuple[str, ...] = storage.NAMES) -> list[Figure]:
    return [_measure(name, links, times) for name in names]


def _measure(name: str, links: int, times: int) -> Figure:
    with storage.storage(name) as url, Server(url) as server:
        before = server.usage.cpu
        seconds = [_post(server, owner, links) for owner in range(1, times + 1)]
        cost = server.usage
    spent = f"{(cost.cpu - before) / times:.2f} s of the API's processor each, its peak {cost.megabytes:.0f} MB"
    how = f"{times} batches, all of new posts; median {median(seconds):.2f} s; {spent}"
    return Figure(f"POST of {links:,} links, p95, {name}", p95(seconds), "s", at_most=2, how=how)


def _post(server: Server, owner: int, links: int) -> float:
    body = json.dumps({"links": posts.links(owner, links)}).encode()
    return server.ask("POST", "/batches", data=body, headers={"Content-Type": "application/json"})
