"""One run of a process ends and the next one begins, in one transaction: no slot is free between them."""

from typing import Any, NamedTuple

from sqlalchemy import Engine, select

from crawler.queue import dispatch_lock
from crawler.queue.claims import end_in_order
from crawler.queue.lease import extend_lease
from crawler.queue.round_robin import give_run, in_turn
from crawler.store.database import now, writing
from crawler.store.models.batches import Batch
from crawler.store.models.hosts import Node
from crawler.store.models.runs import Run, RunState

DRAINING = select(Node.draining).where(Node.url == Run.node).scalar_subquery().label("draining")


class Taken(NamedTuple):
    run_id: str
    batch: str  # its public id


def take(engine: Engine, run_id: str, lease: float, alarm: str | None = None) -> Taken | None:
    """End the run in order, and begin one for the part whose turn it is.

    None, and nothing has changed: nobody waits, it is another platform's turn, or the node drains.
    """
    with writing(engine) as connection:
        dispatch_lock.lock(connection)
        extend_lease(connection, run_id, lease)
        mine = connection.execute(
            select(Run.job, Run.node, Run.owner, Run.platform, DRAINING).where(Run.id == run_id)
        ).one()
        part = next(iter(in_turn(connection, 1)), None)
        if part is None or part.platform != mine.platform or mine.draining:
            return None
        at_work: dict[str, Any] = {"state": RunState.RUNNING, "started_at": now(), "lease_until": now() + lease}
        taken = give_run(connection, *part, job=mine.job, node=mine.node, owner=mine.owner, **at_work)
        if taken is None:
            return None
        end_in_order(connection, run_id, "finished", alarm)
        batch = connection.execute(select(Batch.public_id).where(Batch.id == part.id)).scalar_one()
        return Taken(taken, batch)
