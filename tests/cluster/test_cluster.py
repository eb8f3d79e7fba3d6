"""Several hosts: one is killed, cut off, stopped or drained while links are worked on, and nothing is lost or doubled.

`make cluster` does each many times and says how long it took until all was done; `make test` does each once.
"""

import os
import signal
import time
from contextlib import contextmanager
from itertools import count

import pytest
from sqlalchemy import func, or_, select

from control.monitoring import heartbeat
from crawler.queue import nodes
from crawler.store.models.batches import Link
from crawler.store.models.runs import Run, RunState
from tests.cluster import network
from tests.cluster.hosts import CONTROL, NODE, cluster
from tests.vk_standin import truth

LATE_SECONDS = 15 + 5  # until others take over: a node is silent after fifteen seconds, a leader after ten
LINKS = 300
WHOLE = os.environ.get("CLUSTER") == "whole"
KILLS = range(20 if WHOLE else 1)
CUTS = (*(5,) * 8, *(30,) * 8, *(120,) * 4) if WHOLE else (3, 20)
LOSSES = ("crash", "cut off", "stop") * 3 if WHOLE else ("crash",)
CONTROLS, NODES = ("control-a", "control-b"), ("node-a", "node-b")

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    if why := network.why_not():
        assert not os.environ.get("CI"), why
        pytest.skip(f"NOT TESTED: {why}")
    roles = {**dict.fromkeys(CONTROLS, CONTROL), **dict.fromkeys(NODES, NODE)}
    with cluster(tmp_path_factory.mktemp("cluster"), roles) as found:
        found["control-a"].login()
        found["control-b"].session.headers.update(found["control-a"].session.headers)
        yield found


@pytest.fixture(scope="module")
def owners():
    """Walls that no test has asked for yet."""
    return count(200)


@pytest.fixture
def slow(lab):
    """A VK that takes its time, so that links are under way when something happens."""
    lab.vk.set(latency=0.5)
    yield lab
    lab.vk.set(latency=0)


def submit(host, owner):
    return host.submit([f"https://vk.com/wall-{owner}_{item}" for item in range(1, LINKS + 1)])


def right(lab, rows, owner):
    """Whether each link has its post's number, once."""
    assert [row["views"] for row in rows] == [truth.views("wall", -owner, item) for item in range(1, LINKS + 1)]
    with lab.engine.connect() as connection:
        last = func.count(func.distinct(Link.reading_id))
        assert connection.execute(select(last).where(Link.url.like(f"%wall-{owner}!_%", escape="!"))).scalar() == LINKS


def at_work(lab):
    """Where runs are worked on, by node."""
    running = select(Run.node).where(Run.state == RunState.RUNNING, Run.finished_at.is_(None))
    with lab.engine.connect() as connection:
        return connection.execute(running).scalars().all()


def node_at_work(lab, host):
    return host.until(lambda: next(iter(at_work(lab)), None), 30, "at work")


def of(lab, url):
    return next(host for host in lab.hosts.values() if host.node_url == url)


def leader(lab):
    return [each for each in heartbeat.standings(lab.engine) if each.leads]


def test_both_apis_take_links_and_both_nodes_work_on_them(lab):
    batches = {owner: submit(lab[f"control-{'ab'[owner % 2]}"], owner) for owner in (101, 102, 103, 104)}
    for owner, batch in batches.items():
        right(lab, lab["control-a"].finished(batch), owner)
    with lab.engine.connect() as connection:
        assert set(connection.execute(select(Run.node)).scalars()) == {lab[name].node_url for name in NODES}
    assert len(leader(lab)) == 1


@pytest.mark.parametrize("round_", KILLS)
def test_L3_a_node_is_killed_and_another_goes_on_with_its_links(slow, owners, round_):
    host, owner, other = slow["control-a"], next(owners), next(owners)
    batch = submit(host, owner)
    killed = of(slow, node_at_work(slow, host))
    slow.crash(killed.name)
    with told(f"L3 {round_}: {killed.name} was killed; its links were done elsewhere"):
        right(slow, host.finished(batch, 60), owner)
    with told(f"L3 {round_}: those handed in then, too") as took:
        right(slow, host.finished(submit(host, other), 60), other)
    assert took() < LATE_SECONDS + LINKS / 100 + 10
    assert killed.node_url not in at_work(slow)
    slow.restart(killed.name)


@pytest.mark.parametrize("seconds", CUTS)
def test_L4_a_node_is_cut_off_at_work_and_comes_back(slow, owners, seconds):
    host, owner, other = slow["control-b"], next(owners), next(owners)
    batch = submit(host, owner)
    cut = of(slow, node_at_work(slow, host))
    network.cut_off(cut.name)
    with told(f"L4: {cut.name} was cut off for {seconds} s; all links were done"):
        beside = submit(host, other)
        time.sleep(seconds)
        network.heal(cut.name)
        for each, whose in ((batch, owner), (beside, other)):
            right(slow, host.finished(each, 60), whose)
    host.until(lambda: _heard(slow, cut.node_url), 20, "heard again")


def _heard(lab, url):
    with lab.engine.connect() as connection:
        return any(row.url == url and row.silent_for < nodes.EVERY_SECONDS for row in nodes.registered(connection))


@pytest.mark.parametrize("loss", LOSSES)
def test_L5_the_leading_scheduler_is_lost_and_the_other_one_takes_over(slow, owners, loss):
    first = next(slow[name] for name in CONTROLS if _leads(slow, name))
    other = next(slow[name] for name in CONTROLS if name != first.name)
    owner = next(owners)
    with lost(slow, first.name, loss):
        with told(f"L5: the leading host was lost ({loss}); links handed in then were done") as took:
            right(slow, other.finished(submit(other, owner), 60), owner)
        assert took() < LATE_SECONDS + LINKS / 100 + 10
    other.until(lambda: len(leader(slow)) == 1, 20, "led")


@contextmanager
def lost(lab, name, loss):
    if loss == "crash":
        lab.crash(name)
        yield
        lab.restart(name)
    elif loss == "cut off":
        network.cut_off(name)
        yield
        network.heal(name)
    else:
        network.signal_all(name, signal.SIGSTOP)
        yield
        network.signal_all(name, signal.SIGCONT)


@contextmanager
def told(what):
    """Say what has happened and how long it took."""
    began = time.monotonic()
    yield lambda: time.monotonic() - began
    print(f"{what}: {time.monotonic() - began:.1f} s")


def _leads(lab, name):
    log = (lab[name].folder / "var/logs/scheduler.log").read_text()
    return "leads" in [line for line in log.splitlines() if "this scheduler" in line][-1]


def test_L10_a_node_drains_without_charging_a_link(slow, owners):
    host, mine = slow["control-a"], [next(owners) for _ in range(3)]
    batch = submit(host, mine[0])
    drained = of(slow, node_at_work(slow, host))
    assert nodes.set_draining(slow.engine, drained.node_url, draining=True)
    later = [submit(host, owner) for owner in mine[1:]]
    for owner, each in zip(mine, [batch, *later], strict=True):
        right(slow, host.finished(each, 60), owner)
    with slow.engine.connect() as connection:
        last = select(Run.node).order_by(Run.created_at.desc()).limit(2)
        assert drained.node_url not in connection.execute(last).scalars().all()
        charged = select(func.max(Link.attempts)).where(
            or_(*(Link.url.like(f"%wall-{owner}!_%", escape="!") for owner in mine))
        )
        assert connection.execute(charged).scalar() <= 1
    assert nodes.set_draining(slow.engine, drained.node_url, draining=False)
