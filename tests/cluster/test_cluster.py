"""Nodes and leading schedulers are killed, cut off, stopped and drained while clients hand in links.

`make test` does each once. `make cluster` does each many times, what is in `whole` besides, and prints a table.
"""

import pytest

from tests.cluster import extent
from tests.cluster.labs import cluster, usual
from tests.cluster.scenario import play
from tests.cluster.strikes import INSIDE, leader_lost, node_cut, node_drained, node_killed

pytestmark = [pytest.mark.process, pytest.mark.timeout(0 if extent.WHOLE else 600)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("cluster"), usual(extent.NODES)) as found:
        yield found


def test_L3_a_node_is_killed_and_others_go_on_with_its_links(lab):
    play(lab, "L3 a node is killed", node_killed, 20)


def test_L4_a_node_is_cut_off_and_comes_back(lab):
    play(lab, "L4 a node is cut off", node_cut((5, 30, 120) if extent.WHOLE else (9,)), 20)


@pytest.mark.parametrize("how", ["killed", "cut off", "stopped", INSIDE] if extent.WHOLE else ["killed"])
def test_L5_the_leading_scheduler_is_lost_and_another_takes_over(lab, how):
    play(lab, f"L5 the leading host is {how}", leader_lost(how), 10)


def test_L10_a_node_drains(lab):
    play(lab, "L10 a node drains", node_drained, 5)
