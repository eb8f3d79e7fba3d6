"""Systems that are not as usual: nodes unlike the others, five starts at once, wrong clocks, PgBouncer."""

import pytest
from sqlalchemy import text, update

from crawler.process import environment
from crawler.queue import nodes
from crawler.store.models.accounts import User
from tests.chaos.client import Client
from tests.clock.stepped import LIBRARIES, STEADY_SLEEP
from tests.cluster import extent, network, table
from tests.cluster.balancer import balancer
from tests.cluster.databases import pooler
from tests.cluster.hosts import CONTROL, NODE, Cluster, Host
from tests.cluster.labs import DATABASE, begin, cluster, empty_database, hosts, servers, usual
from tests.cluster.scenario import play, play_round
from tests.cluster.strikes import CHARGED, node_killed, nothing
from tests.cluster.table import Row
from tests.cluster.witness import WORKED_ON, Witness

FIVE = {**dict.fromkeys(("control-a", "control-b", "control-c"), CONTROL), **dict.fromkeys(("node-a", "node-b"), NODE)}
APART = {"control-a": "api,migrate", "control-b": "api", "control-c": "scheduler", "node-a": NODE, "node-b": NODE}
API_SECONDS, FAR_SECONDS = 30, 300  # an API's tokens have to be good at another one, whose leeway is a minute
UNLIKE = {
    "without-token": {"VK_TOKENS": ""},
    "other-rate": {"VK_REQUESTS_PER_SECOND": "7"},
    "other-version": {},
}
MISFITS = UNLIKE | {"other-password": {"SCRAPYD_PASSWORD": "q" * 40}}  # which only shows when it is asked
NAMED = {
    "without-token": "tokens for vk: none, elsewhere some",
    "other-rate": "requests per second for vk: 7, elsewhere 50",
    "other-version": "version: 0.0.1, elsewhere",
    "other-password": "HTTP 401: SCRAPYD_PASSWORD is not this scrapyd's",
}
PLACED = text("SELECT count(*) FROM given_places WHERE node = ANY(:nodes)")

pytestmark = pytest.mark.process


def test_L11_nodes_unlike_the_others_get_no_run_and_are_named(tmp_path):
    roles = usual(3) | dict.fromkeys(MISFITS, NODE)
    with cluster(tmp_path, roles, MISFITS, before=_give_another_version) as lab:
        wrong = {lab[name].node_url: NAMED[name] for name in MISFITS}
        lab.until(lambda: set(wrong) <= _registered(lab), "all nodes registered")
        row = play(lab, "L11 four nodes are unlike the others", nothing, 1)
        assert [name for name in MISFITS if worked(lab[name])] == []
        assert lab.scalar(PLACED, nodes=[lab[name].node_url for name in UNLIKE]) == 0
        said = _readiness_for_administrators(lab)
        assert [(url, what) for url, what in wrong.items() if url not in said or what not in said] == []
        row.beside = "no run went to one, /readyz names each"


def _readiness_for_administrators(lab: Cluster) -> str:
    olga = Client(lab.front, "olga")
    olga.login()
    with lab.engine.begin() as connection:
        connection.execute(update(User).where(User.username == olga.name).values(admin=True))
    return olga.session.get(f"{lab.front}/readyz", timeout=10).text


def _give_another_version(lab: Cluster) -> None:
    file = lab["other-version"].folder / "crawler/process/environment.py"
    file.write_text(file.read_text().replace(environment.VERSION, "0.0.1"))


def _registered(lab: Cluster) -> set[str]:
    with lab.engine.connect() as connection:
        return {row.url for row in nodes.registered(connection)}


def worked(host: Host) -> bool:
    """Whether a spider of the host has ever begun to work on a run."""
    return any(WORKED_ON.search(file.read_text()) for file in host.folder.glob("var/scrapyd/logs/*/*/*.log"))


def test_L12_five_hosts_start_at_once_on_an_empty_database(tmp_path):
    row = Row("L12 five hosts start at once on an empty database")
    table.rows.append(row)
    for number in extent.rounds(10):
        with cluster(tmp_path / str(number), FIVE) as lab, Witness(lab) as witness:
            play_round(lab, row, nothing, extent.chance(row.name, number), f"{row.name} {number}")
        row.silence = max(row.silence, witness.silence)
    print(row.line(), flush=True)


@pytest.mark.parametrize("sign", [1, -1], ids=["fast", "slow"])
def test_L9_clocks_are_wrong(tmp_path, sign):
    """The only scheduler and a node are minutes off, one API of two is half a minute off."""
    own = {
        "control-b": off(sign * API_SECONDS),
        "control-c": off(sign * FAR_SECONDS),
        "node-a": off(-sign * FAR_SECONDS),
    }
    which = f"L9 clocks {sign * FAR_SECONDS:+d} and {-sign * FAR_SECONDS:+d} s"
    with cluster(tmp_path, APART, own, TRUSTED_HOSTS=network.HERE) as lab, balancer(lab, tmp_path) as lab.balancer:
        play(lab, which, nothing, 2)
        assert lab.scalar(CHARGED) == 0, "a run was given up before its time"
        play(lab, f"{which}, a node is killed", node_killed, 3)


def off(seconds: int) -> dict[str, str]:
    """A clock that is so wrong; spans of time stay right."""
    assert LIBRARIES, "NOT TESTED: libfaketime is not installed"
    preloaded = {"LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME": f"{seconds:+d}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return preloaded | {"PYTHONPATH": str(STEADY_SLEEP)}


def test_L13_a_node_is_killed_behind_pgbouncer(tmp_path):
    roles = usual(2)
    with (
        servers(DATABASE, *roles) as addresses,
        empty_database(addresses) as url,
        pooler(tmp_path, DATABASE, addresses[DATABASE]) as pooled,
        hosts(
            tmp_path / "hosts",
            addresses,
            roles,
            url,
            SQLALCHEMY_DATABASE_URL=pooled,
            DATABASE_LISTEN_URL=url,
            DATABASE_POOLER="on",
        ) as lab,
    ):
        begin(lab)
        play(lab, "L13 PgBouncer, and a node is killed", node_killed, 5)
