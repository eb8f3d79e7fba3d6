"""Hosts of the tests' own on this machine: network namespaces on a switch, which can be cut off from it.

The machine's own end of the switch has the first address. A switch that drops a host keeps the host's link up, so that
nobody is told: what it sends is lost, as where a switch or a machine has died.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

NETWORK = "10.77.0"
HERE = f"{NETWORK}.1"
SWITCH, PORT, OURS = "views-switch", "views-port", "views-lab"


def why_not() -> str:
    """Say why there can be no such network here; empty: there can."""
    if os.geteuid():
        return "only root may make network namespaces"
    return "" if shutil.which("ip") else "iproute2 is not installed"


@contextmanager
def network(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Make hosts of these names; their addresses."""
    _remove(names)
    addresses = {name: f"{NETWORK}.{number}" for number, name in enumerate(names, 2)}
    try:
        _ip(f"netns add {SWITCH}")
        _ip("link add br0 type bridge", SWITCH)
        _ip("link set br0 up", SWITCH)
        _ip(f"link add {OURS} type veth peer name {PORT} netns {SWITCH}")
        _plug(PORT)
        _ip(f"addr add {HERE}/24 dev {OURS}")
        _ip(f"link set {OURS} up")
        for name, address in addresses.items():
            _add(name, address)
        yield addresses
    finally:
        _remove(names)


def _add(name: str, address: str) -> None:
    _ip(f"netns add {_space(name)}")
    _ip(f"link add eth0 netns {_space(name)} type veth peer name {name} netns {SWITCH}")
    _plug(name)
    for link in ("lo", "eth0"):
        _ip(f"link set {link} up", _space(name))
    _ip(f"addr add {address}/24 dev eth0", _space(name))


def _plug(port: str) -> None:
    _ip(f"link set {port} master br0", SWITCH)
    _ip(f"link set {port} up", SWITCH)


def inside(name: str) -> list[str]:
    """Return what stands before a command that is to run on the host."""
    return ["ip", "netns", "exec", _space(name)]


def cut_off(name: str) -> None:
    _ip(f"link set {name} nomaster", SWITCH)


def heal(name: str) -> None:
    _ip(f"link set {name} master br0", SWITCH)


def signal_all(name: str, number: signal.Signals) -> int:
    """Send a signal to every process of the host at once; how many there were."""
    found = pids(name)
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    return len(found)


def pids(name: str) -> list[int]:
    return [int(pid) for pid in _ip(f"netns pids {_space(name)}").split()]


def _remove(names: Sequence[str]) -> None:
    """Remove what is there, also of an earlier test that was killed. Links go with their namespace."""
    there = _ip("netns list").split()
    for name in names:
        if _space(name) in there:
            signal_all(name, signal.SIGKILL)
            _ip(f"netns del {_space(name)}")
    if SWITCH in there:
        with suppress(subprocess.CalledProcessError):
            _ip(f"link del {OURS}")  # at once: the kernel takes its time for what goes with a namespace
        _ip(f"netns del {SWITCH}")


def _space(name: str) -> str:
    return f"views-{name}"


def _ip(words: str, space: str = "") -> str:
    where = ["-n", space] if space else []
    return subprocess.run(["ip", *where, *words.split()], check=True, capture_output=True, text=True).stdout
