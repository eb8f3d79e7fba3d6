"""Moves runs that have not started away from nodes that are gone, drain or refuse them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from control.logs import get_logger
from control.nodes.fleet import Fleet, places, take_place
from crawler.queue import dispatch_lock
from crawler.store.database import reading, writing
from crawler.store.models.runs import NOT_STARTED, Run, RunState

log = get_logger()


def relocate(engine: Engine, fleet: Fleet) -> int:
    """Give such runs another node; how many. What a node starts late all the same does no harm: a run is won once."""
    with reading(engine) as connection:
        if not _stranded(connection, places(connection, fleet)):
            return 0
    with writing(engine) as connection:
        dispatch_lock.lock(connection)
        found = places(connection, fleet)
        stranded = _stranded(connection, found)
        for run in stranded:
            _move(connection, run, take_place(found))
        return len(stranded)


def _stranded(connection: Connection, found: Mapping[str, int]) -> list[Any]:
    """Return the runs that have not started and whose node is none of these; none where there is no node at all."""
    waiting = select(Run.id, Run.node).where(Run.finished_at.is_(None), Run.state.in_(NOT_STARTED))
    return [run for run in connection.execute(waiting) if run.node not in found] if found else []


def _move(connection: Connection, run: Any, node: str) -> None:
    there = update(Run).where(Run.id == run.id, Run.state.in_(NOT_STARTED))
    connection.execute(there.values(node=node, state=RunState.QUEUED, posted_at=None))
    log.warning("run moved to another node", run=run.id, node=run.node, to=node)
