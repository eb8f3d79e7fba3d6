"""Nodes that are cut off at the worst moment, and hosts that are restarted in turn."""

import pytest

from tests.cluster import extent
from tests.cluster.labs import cluster, usual
from tests.cluster.scenario import play
from tests.cluster.strikes import CHARGED, node_cut, restarted_in_turn

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("nodes"), usual(extent.NODES)) as found:
        yield found


def test_L4_a_node_is_cut_off_inside_a_transaction(lab):
    play(lab, "L4 a node is cut off inside a transaction", node_cut((5, 30, 120), inside=True), 20)


def test_L8_every_host_is_restarted_in_turn(lab):
    before = lab.scalar(CHARGED)
    play(lab, "L8 every host is restarted in turn", restarted_in_turn, 5)
    assert lab.scalar(CHARGED) == before, "links were charged a try"
