"""How many links one spider stores a second when nothing but itself holds it back."""

from collections.abc import Iterable
from statistics import median

from crawler.store import database
from tests.bench import spider, storage
from tests.bench.figures import Figure
from tests.vk_standin.client import StandIn

TOKENS = {"standin-user": "2,500 posts a call", "standin-service": "100 posts a call"}


def measure(
    links: int = 10_000, rounds: int = 3, names: Iterable[str] = storage.NAMES, tokens: Iterable[str] = TOKENS
) -> list[Figure]:
    return [_measure(name, token, links, rounds) for name in names for token in tokens]


def _measure(name: str, token: str, links: int, rounds: int) -> Figure:
    with storage.storage(name) as url, StandIn() as vk:
        engine = database.create(url=url)
        spider.know(engine, token)
        works = [spider.work(engine, vk, spider.plant(engine, owner, links), token) for owner in range(1, rounds + 1)]
        engine.dispose()
    middle = sorted(works, key=lambda work: work.seconds)[len(works) // 2]
    spent = f"{1e6 * middle.cpu / links:.0f} µs of processor a link, the stand-in {1e6 * middle.served / links:.0f}"
    how = f"{TOKENS[token]}, no limit of rate; median of {rounds} times {links:,}; {spent}"
    value = median(work.links / work.seconds for work in works)
    return Figure(f"links stored a second, {name}", value, "links/s", at_least=5000, how=how)
