"""`make bench`: every figure beside its goal, in one table. `python -m tests.bench NAME ...` measures some only."""

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable

from tests.bench import (
    attack,
    budget,
    campaigns,
    growth,
    history,
    idle,
    login,
    many,
    million,
    one,
    pages,
    places,
    points,
    post,
    queue,
    report,
    sheets,
    small,
    stored,
)
from tests.bench.figures import Figure

BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "one": one.measure,
    "many": many.measure,
    "small": small.measure,
    "stored": stored.measure,
    "budget": budget.measure,
    "queue": queue.measure,
    "post": post.measure,
    "million": million.measure,
    "pages": pages.measure,
    "campaigns": campaigns.measure,
    "growth": growth.measure,
    "history": history.measure,
    "points": points.measure,
    "places": places.measure,
    "sheets": sheets.measure,
    "login": login.measure,
    "attack": attack.measure,
    "idle": idle.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    names = parser.parse_args().names or list(BENCHES)
    if unknown := set(names) - BENCHES.keys():
        parser.error(f"there is no {min(unknown)}; there are {', '.join(BENCHES)}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else every process compiles all that it imports
    load = os.getloadavg()[0]
    groups = {name: timed(name) for name in names}
    report.publish(groups, load)
    sys.exit(not all(groups.values()))


def timed(name: str) -> list[Figure]:
    """Measure; what breaks leaves the other figures in the table."""
    began = time.monotonic()
    print(f"{name} …", file=sys.stderr, flush=True)
    try:
        return BENCHES[name]()
    except Exception:  # noqa: BLE001
        traceback.print_exc()
        return []
    finally:
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
