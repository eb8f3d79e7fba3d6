"""Plays a scenario: in each of its rounds clients hand in links while something is done to a host; all ends right."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from random import Random

from tests.chaos import invariants
from tests.chaos.client import FOR_LATER, OF_A_PROXY
from tests.chaos.traffic import Traffic
from tests.cluster import extent, table
from tests.cluster.hosts import Cluster
from tests.cluster.table import Row
from tests.cluster.witness import SILENCE_SECONDS, Witness

LATENCY = 0.4  # of VK's answers, so that links are under way when something happens
LEAST, LONGEST_BATCH = (600, 300) if extent.WHOLE else (200, 150)
BEFORE_SECONDS = (0.5, 2.0)  # of traffic, before something happens
AT_WORK_SECONDS = 90.0

Strike = Callable[[Cluster, Random], AbstractContextManager[object]]


@contextmanager
def watched(lab: Cluster, name: str, limit: float = SILENCE_SECONDS) -> Iterator[Row]:
    """What happens meanwhile is a row of the table, and the witness has to find nothing wrong. `limit` is how many
    seconds schedulers may be silent.
    """
    row = Row(name)
    table.rows.append(row)
    try:
        with Witness(lab) as witness:
            yield row
        row.silence = witness.silence
        witness.check(limit)
    except BaseException as error:
        row.failed = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
        raise
    finally:
        print(row.line(), flush=True)


def play(lab: Cluster, name: str, strike: Strike, whole: int, short: int = 1) -> Row:
    """Play so many rounds. `strike` is a context: what is done at its start is mended at its end."""
    with watched(lab, name) as row:
        for number in extent.rounds(whole, short):
            play_round(lab, row, strike, extent.chance(name, number), f"{name} {number}")
    return row


def play_round(lab: Cluster, row: Row, strike: Strike, rng: Random, seed: str) -> None:
    lab.vk.set(latency=LATENCY)
    traffic = Traffic(lab.front, seed, least=LEAST, longest_batch=LONGEST_BATCH, later=FOR_LATER | OF_A_PROXY)
    with ExitStack() as mending:
        with said(traffic, lab), traffic.flowing():
            lab.until(lab.at_work, "at work", AT_WORK_SECONDS)
            time.sleep(rng.uniform(*BEFORE_SECONDS))
            mending.enter_context(strike(lab, rng))
            struck = time.monotonic()
        row.recoveries.append(traffic.settle(struck))
    row.ended += invariants.check(lab, traffic.clients)
    row.rounds += 1
    row.longest = max(row.longest, *(client.longest for client in traffic.clients))
    print(f"{seed}: {row.recoveries[-1]:.1f} s to the last final link", flush=True)


@contextmanager
def said(traffic: Traffic, lab: Cluster) -> Iterator[None]:
    """What went wrong with a client is the cause of what went wrong then."""
    try:
        yield
    finally:
        assert not traffic.errors, [*traffic.errors, *lab.faults()]
