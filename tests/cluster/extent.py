"""How much is played: `make test` a short form, `make cluster` all that the table in docs/operating.md asks for.

CLUSTER_ROUNDS has fewer rounds played of everything, CLUSTER_NODES fewer nodes take part, CLUSTER_SEED chooses others.
"""

import os
import random

WHOLE = os.environ.get("CLUSTER") == "whole"
MOST = int(os.environ.get("CLUSTER_ROUNDS") or 1000)
NODES = int(os.environ.get("CLUSTER_NODES") or (4 if WHOLE else 2))
SEED = os.environ.get("CLUSTER_SEED") or "1"


def rounds(whole: int, short: int = 1) -> range:
    return range(min(whole, MOST) if WHOLE else short)


def chance(scenario: str, number: int) -> random.Random:
    return random.Random(f"{SEED}.{scenario}.{number}")
