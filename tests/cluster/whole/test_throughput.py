"""What four nodes do together: pages, which each waits for, and one token, which they share."""

import time
from functools import partial

import pytest
from sqlalchemy import text

from crawler.queue import nodes
from tests.chaos.client import Client
from tests.chaos.site import TOKENS
from tests.cluster import table
from tests.cluster.arrivals import Arrival, Arrivals
from tests.cluster.hosts import Cluster
from tests.cluster.labs import NODES, cluster, usual
from tests.cluster.strikes import CLOCK
from tests.cluster.table import Row
from tests.cluster.witness import worst_second

ALL_SECONDS = 300.0
PAGE_LATENCY = 2.0
PAGE_BATCH, PAGE_BATCHES = 160, 8
TIMES = 3.5  # what four nodes do, in what one does
RATE = 20
CALL = 100  # posts that one call of a service's token asks for
CALLS = 1600
USED_PERCENT = 95
WORST_SECOND = 22
PLACED = text("SELECT node, count(*) FROM given_places WHERE at > to_timestamp(:since) GROUP BY node")

pytestmark = pytest.mark.process


def test_L1_four_nodes_do_in_the_time_of_one_what_four_times_one_does(tmp_path):
    with cluster(tmp_path, usual(4), VK_TOKENS="", MAX_RUNS="1", WARM_SPARES="1") as lab:
        lab.vk.set(latency=PAGE_LATENCY)
        anna = Client(lab.front, "anna")
        anna.login()
        work = partial(_seconds, lab, anna, PAGE_BATCHES, PAGE_BATCH)
        work()  # the first of every process takes longer
        together, since = work(), lab.scalar(CLOCK)
        spread = _placed(lab, since - together)
        for node in lab.nodes[1:]:
            assert nodes.set_draining(lab.engine, node.node_url, draining=True)
        alone = work()
    _tell("L1 pages, four nodes beside one", anna, f"{alone / together:.2f} times as fast, runs {_counts(spread)}")
    assert alone / together >= TIMES
    assert spread.keys() == {node.node_url for node in lab.nodes}
    assert len(set(spread.values())) == 1, "nodes were not used alike"


def test_L2_four_nodes_use_one_token_wholly_and_no_more(tmp_path):
    rate = {"VK_REQUESTS_PER_SECOND": str(RATE), "VK_TOKENS": TOKENS[0]}
    with cluster(tmp_path, usual(4), **rate) as lab:
        anna = Client(lab.front, "anna")
        anna.login()
        with Arrivals("POST /method/wall.getById ") as arrivals:
            _seconds(lab, anna, 8, CALLS // 8 * CALL)
    assert len(arrivals.found) == CALLS
    used, worst = _used(arrivals.found), worst_second(each.moment for each in arrivals.found)
    _tell("L2 one token, four nodes", anna, f"{used:.1f} % of 20 requests/s used, {worst} in the worst second")
    assert worst <= WORST_SECOND
    assert used >= USED_PERCENT


def _used(calls: list[Arrival]) -> float:
    """In percent, from the moment on at which all nodes are at work."""
    firsts = {call.sender: call.moment for call in reversed(calls)}
    assert len(firsts) == len(NODES)
    since = [call.moment for call in calls if call.moment >= max(firsts.values())]
    return 100 * (len(since) - 1) / (RATE * (since[-1] - since[0]))


def _seconds(lab: Cluster, client: Client, batches: int, links: int) -> float:
    """How long so many batches take, each of other posts."""
    lab.until(lambda: not lab.pids("spider"), "rid of earlier spiders", ALL_SECONDS)
    owners = [1000 * len(client.accepted) + number for number in range(1, batches + 1)]
    began = time.monotonic()
    for owner in owners:
        client.submit([f"https://vk.com/wall-{owner}_{1000 * item + 1}" for item in range(1, links + 1)])
    lab.until(lambda: not client.open(), "finished", ALL_SECONDS)
    return time.monotonic() - began


def _placed(lab: Cluster, since: float) -> dict[str, int]:
    with lab.engine.connect() as connection:
        return {node: count for node, count in connection.execute(PLACED, {"since": since}) if node}


def _counts(spread: dict[str, int]) -> str:
    return " + ".join(map(str, spread.values()))


def _tell(name: str, client: Client, beside: str) -> None:
    row = Row(name, rounds=1, beside=beside)
    row.ended["done"] = sum(map(len, client.accepted.values()))
    table.rows.append(row)
    print(row.line(), flush=True)
