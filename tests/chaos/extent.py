"""How much of the proofs is run: `make test` runs a short, seeded part of them, `make chaos` all."""

import os
import random

SEED = int(os.environ.get("CHAOS_SEED", "1"))
ALL = os.environ.get("CHAOS") == "all"


def times(short: int, long: int) -> range:
    return range(long if ALL else short)


def some(cases: list[tuple[str, ...]], by: int) -> list[tuple[str, ...]]:
    """All cases, or one at random of each group that has the same word in column `by`."""
    if ALL:
        return cases
    rng = random.Random(SEED)
    groups: dict[str, list[tuple[str, ...]]] = {}
    for case in cases:
        groups.setdefault(case[by], []).append(case)
    return sorted(rng.choice(group) for group in groups.values())
