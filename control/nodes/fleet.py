"""The nodes that there are, and which may get runs: those that are heard, are like the others, and do not drain."""

import json
import random
from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select

from crawler.process.environment import VERSION
from crawler.process.loopback import is_loopback
from crawler.queue import nodes
from crawler.queue.nodes import SILENT_SECONDS
from crawler.store.models.runs import Run

NONE = "none"
ACTIVE_RUNS = select(Run.node, func.count().label("runs")).where(Run.finished_at.is_(None)).group_by(Run.node)


@dataclass(frozen=True, slots=True)
class Member:
    """`fault` says in words why the node gets no runs; empty: it may."""

    url: str
    slots: int
    draining: bool = False
    fault: str = ""

    @property
    def usable(self) -> bool:
        return not (self.fault or self.draining)


Fleet = Callable[[Connection], list[Member]]


def members_of(listed: Mapping[str, int], host: str) -> Fleet:
    """Return what looks for the nodes: those that registered, and those that are `listed` with their slots in a setting
    and cannot. `host` is the id of who asks.
    """
    return lambda connection: _members(connection, listed, host)


def _members(connection: Connection, listed: Mapping[str, int], host: str) -> list[Member]:
    rows = nodes.registered(connection)
    heard = [row for row in rows if row.silent_for <= SILENT_SECONDS]
    usual = _usual([_traits(row) for row in heard])
    ours = {row.url for row in rows if row.host == host} | set(listed)
    known = [Member(row.url, row.slots, bool(row.draining), _fault(row, usual, ours)) for row in rows]
    others = listed.keys() - {member.url for member in known}
    return [*known, *(Member(url, slots) for url, slots in listed.items() if url in others)]


def _fault(row: Any, usual: Mapping[str, str], ours: Container[str]) -> str:
    if row.silent_for > SILENT_SECONDS:
        return "it is silent"
    if row.url not in ours and is_loopback(urlsplit(row.url).hostname or ""):
        return "its address is one of another host's own: set NODE_URL there"
    odd = [f"{name}: {value}, elsewhere {usual[name]}" for name, value in _traits(row).items() if value != usual[name]]
    return "; ".join(odd)


def _traits(row: Any) -> dict[str, str]:
    return {"version": row.version, **json.loads(row.traits)}


def _usual(found: list[dict[str, str]]) -> dict[str, str]:
    """Return what most nodes have; a node without what only one other has is still the odd one.

    Of versions that are equally frequent it is ours, as far as it is one of them: it is our code that posts runs.
    """
    names = dict.fromkeys(name for traits in found for name in traits)
    ours = {"version": VERSION}
    return {name: _most([traits.get(name, NONE) for traits in found], ours.get(name)) for name in names}


def _most(values: list[str], ours: str | None) -> str:
    counts = Counter(value for value in values if value != NONE) or Counter(values)
    return max(counts, key=lambda value: (counts[value], value == ours))


def places(connection: Connection, fleet: Fleet) -> dict[str, int]:
    """Return how many more runs each usable node can take; below 0 where it has more runs than slots."""
    runs = {row.node: row.runs for row in connection.execute(ACTIVE_RUNS)}
    return {member.url: member.slots - runs.get(member.url, 0) for member in fleet(connection) if member.usable}


def take_place(found: dict[str, int]) -> str:
    """Return a node with the most free slots, which has one less from now on."""
    most = max(found.values())
    node = random.choice([node for node, count in found.items() if count == most])  # noqa: S311
    found[node] -= 1
    return node
