"""What is done to hosts, and how it is mended. Each is a context: it strikes at its start and mends at its end."""

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from sqlalchemy import text

from crawler.queue import nodes
from tests.cluster import network
from tests.cluster.hosts import START_SECONDS, Cluster, Host
from tests.cluster.scenario import Strike
from tests.cluster.witness import DECIDING_SECONDS

STOPPED = "T"
INSIDE = "cut off inside a transaction"
IN_A_TRANSACTION = "crawler.queue.results.save"  # holds the rows of a run and of its links
WITH_THE_DISPATCH_LOCK = "control.scheduler.dispatch.enlist"
TURN_SECONDS = 60.0  # so long a spider goes on with further runs, which one of a draining node must not
CHARGED = text("SELECT coalesce(sum(attempts), 0) FROM links")
CLOCK = text("SELECT extract(epoch FROM clock_timestamp())::float8")
PLACED = text("SELECT count(*) FROM given_places WHERE node = :node AND at > to_timestamp(:since)")
BACK_SECONDS = 60.0  # a node that was silent registers within its next five seconds, on a busy machine somewhat later


@contextmanager
def nothing(_lab: Cluster, _rng: Random) -> Iterator[None]:
    """What a scenario changes is there from its start on."""
    yield


@contextmanager
def node_killed(lab: Cluster, rng: Random) -> Iterator[None]:
    victim = at_work(lab, rng)
    lab.crash(victim)
    yield
    lab.restart(victim)
    lab.until(lambda: lab.hears(victim), f"{victim.name} heard", BACK_SECONDS)


def node_cut(seconds: Sequence[float], *, inside: bool = False) -> Strike:
    """Cut a node off for a while; `inside`: one of its spiders is in the middle of a transaction."""

    @contextmanager
    def strike(lab: Cluster, rng: Random) -> Iterator[None]:
        victim = at_work(lab, rng)
        stopped = stop_at(lab, victim, IN_A_TRANSACTION) if inside else 0
        network.cut_off(victim.name)
        lab.signal([stopped] if stopped else [], "SIGCONT")
        time.sleep(rng.choice(seconds))
        network.heal(victim.name)
        yield
        lab.until(lambda: lab.hears(victim), f"{victim.name} heard", BACK_SECONDS)

    return strike


def leader_lost(how: str) -> Strike:
    """Kill, cut off or stop the host whose scheduler leads; INSIDE: while it holds the lock of dispatching."""

    @contextmanager
    def strike(lab: Cluster, _rng: Random) -> Iterator[None]:
        victim = lab.leader()
        before = {host.id for host in lab.controls if host is not victim}
        lose(lab, victim, how)
        lab.until(lambda: lab.leader().id in before, "led by another", 30)
        yield
        regain(lab, victim, how)
        lab.until(lambda: lab.leaders() == 1, "led", 30)

    return strike


@contextmanager
def restarted_in_turn(lab: Cluster, _rng: Random) -> Iterator[None]:
    """Stop and start every host, one after the other, as for a new release."""
    for host in lab.hosts.values():
        host.stop()
        host.start(START_SECONDS)
    yield


@contextmanager
def node_drained(lab: Cluster, rng: Random) -> Iterator[None]:
    """It gets no run any more, finishes what it has, and no link is charged."""
    victim, charged = at_work(lab, rng), lab.scalar(CHARGED)
    assert nodes.set_draining(lab.engine, victim.node_url, draining=True)
    since = lab.scalar(CLOCK) + DECIDING_SECONDS
    lab.until(lambda: victim not in lab.at_work(), f"{victim.name} empty", TURN_SECONDS)
    yield
    assert lab.scalar(PLACED, node=victim.node_url, since=since) == 0, "N1: a run was placed at a draining node"
    assert lab.scalar(CHARGED) == charged, "a link was charged"
    assert nodes.set_draining(lab.engine, victim.node_url, draining=False)


def lose(lab: Cluster, host: Host, how: str) -> None:
    if how == "killed":
        lab.crash(host)
    elif how == "stopped":
        network.signal_all(host.name, signal.SIGSTOP)
    elif how == "cut off":
        network.cut_off(host.name)
    else:
        stopped = stop_at(lab, host, WITH_THE_DISPATCH_LOCK)
        network.cut_off(host.name)
        lab.signal([stopped], "SIGCONT")


def regain(lab: Cluster, host: Host, how: str) -> None:
    if how == "killed":
        lab.restart(host)
    elif how == "stopped":
        network.signal_all(host.name, signal.SIGCONT)
    else:
        network.heal(host.name)


def at_work(lab: Cluster, rng: Random) -> Host:
    """Choose a node that works on a run."""
    return rng.choice(lab.until(lab.at_work, "at work", 40))


def stop_at(lab: Cluster, host: Host, place: str) -> int:
    """Have a process of the host stop just before this commit; which one."""
    armed = host.arm("before", place)
    lab.until(lambda: not armed.exists(), f"{host.name} at {place}", 40)
    return int(lab.until(lambda: _stopped(host), f"{host.name} stopped", 10))


def _stopped(host: Host) -> int:
    return next((pid for pid in network.pids(host.name) if _state(pid) == STOPPED), 0)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
