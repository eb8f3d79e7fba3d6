"""`make bench`: every figure beside its goal, in one table. `python -m tests.bench NAME ...` measures some only."""

import argparse
import os
import sys
import time
from collections.abc import Callable

from tests.bench import budget, growth, many, million, one, post, report, stored
from tests.bench.figures import Figure

BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "one": one.measure,
    "many": many.measure,
    "stored": stored.measure,
    "budget": budget.measure,
    "post": post.measure,
    "million": million.measure,
    "growth": growth.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    names = parser.parse_args().names or list(BENCHES)
    if unknown := set(names) - BENCHES.keys():
        parser.error(f"there is no {min(unknown)}; there are {', '.join(BENCHES)}")
    load = os.getloadavg()[0]
    groups = {name: timed(name) for name in names}
    print(f"written to {report.publish(groups, load).with_suffix('')}.md and .json")


def timed(name: str) -> list[Figure]:
    began = time.monotonic()
    print(f"{name} …", end=" ", file=sys.stderr, flush=True)
    figures = BENCHES[name]()
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return figures


if __name__ == "__main__":
    main()
