"""Whether a link of a large batch costs more than one of a small batch.

`make bench` goes as far as one batch may; `python -m tests.bench.growth --links 1000000` goes further.
"""

import argparse
import os
from collections.abc import Iterable
from statistics import median

from crawler.store import database
from tests.bench import report, spider, storage
from tests.bench.figures import Figure
from tests.bench.spider import Work
from tests.bench.stored import TOKENS
from tests.vk_standin.client import StandIn

SMALL, LARGE = 10_000, 100_000


def measure(
    small: int = SMALL,
    large: int = LARGE,
    rounds: int = 5,
    name: str = storage.SQLITE,
    tokens: Iterable[str] = TOKENS,
) -> list[Figure]:
    return [figure for token in tokens for figure in _measure(small, large, rounds, name, token)]


def _measure(small: int, large: int, rounds: int, name: str, token: str) -> list[Figure]:
    """Small batches before and after the large one, each on a database of its own."""
    before = [_work(name, token, small) for _ in range(rounds // 2 + 1)]
    long = _work(name, token, large)
    after = [_work(name, token, small) for _ in range(rounds // 2)]
    short = median(work.seconds / work.links for work in before + after)
    each = long.seconds / long.links
    how = f"{1e6 * each:.0f} µs a link, {1e6 * short:.0f} at {small:,} (median of {rounds}); {name}, {TOKENS[token]}"
    memory = f"{TOKENS[token]}; at {small:,}: {median(work.megabytes for work in before + after):.0f} MB"
    return [
        Figure(f"time a link at {large:,} ÷ at {small:,}", each / short, at_most=1.1, how=how),
        Figure(f"a spider's peak memory, {large:,} links", long.megabytes, "MB", at_most=120, how=memory),
    ]


def _work(name: str, token: str, links: int) -> Work:
    with storage.storage(name) as url, StandIn() as vk:
        engine = database.create(url=url)
        spider.know(engine, token)
        work = spider.work(engine, vk, spider.plant(engine, 1, links), token)
        engine.dispose()
    return work


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.growth", description=__doc__)
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--database", choices=storage.NAMES, default=storage.SQLITE)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as in `make bench`
    report.publish({"growth": measure(large=options.links, name=options.database)})


if __name__ == "__main__":
    main()
