"""Give batches a run: its row is committed first, then scrapyd is told. Nothing here can start a second worker, for a
spider wins its run by compare-and-set: a run that was posted twice is worked once.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, or_, select, update

from control.logs import bound_contextvars, get_logger
from control.nodes.client import RefusedError, Scrapyd, ScrapydError
from control.scheduler.backoff import Backoff
from crawler.platforms import spider_of
from crawler.queue import dispatch_lock
from crawler.queue.claims import IN_HAND, parts
from crawler.queue.demand import has_more
from crawler.queue.round_robin import give_run, in_turn
from crawler.store.database import now, writing
from crawler.store.models.batches import Batch, Part
from crawler.store.models.runs import Run, RunState

log = get_logger()

DOUBT_SECONDS = 10.0  # a posted run that has not started by then may have been lost by scrapyd: it is asked


def look_again(engine: Engine) -> None:
    """Let batches that wait for a credential try at once, because a restart may have brought a new one."""
    waiting = update(Part).where(Part.waiting_until > now())
    with engine.begin() as connection:
        connection.execute(waiting.values(waiting_until=0))


def enlist(engine: Engine, most: int, nodes: list[str]) -> list[str]:
    """Commit a run for parts of batches that have links to work on, while fewer than `most` are active; their ids."""
    with engine.connect() as connection:
        if not _waiting(connection, most):
            return []
    with writing(engine) as connection:
        dispatch_lock.lock(connection)
        load = _load(connection, nodes)
        given = (give_run(connection, *part, node=_take_place(load)) for part in _waiting(connection, most))
        return [run_id for run_id in given if run_id]


def _load(connection: Connection, nodes: list[str]) -> dict[str, int]:
    """Count the runs of each node that are not over."""
    counted = select(Run.node, func.count().label("runs")).where(Run.finished_at.is_(None)).group_by(Run.node)
    runs = {row.node: row.runs for row in connection.execute(counted)}
    return {node: runs.get(node, 0) for node in nodes}


def _take_place(load: dict[str, int]) -> str:
    """Return a node with the fewest runs, which has one more from now on."""
    least = min(load.values())
    node = random.choice([node for node, runs in load.items() if runs == least])  # noqa: S311
    load[node] += 1
    return node


def _waiting(connection: Connection, most: int) -> list[Any]:
    """Parts of batches that get a run now: their first one, and while nobody waits for that, a further one."""
    free = most - connection.execute(select(func.count()).where(Run.finished_at.is_(None))).scalar_one()
    if free <= 0:
        return []
    firsts = connection.execute(in_turn(free)).all()
    return [*firsts, *islice(_large(connection), free - len(firsts))]


def _large(connection: Connection) -> Iterator[Any]:
    """Parts with more links for now than their runs can hold; those of users with few runs come first."""
    of_user = func.sum(func.count()).over(partition_by=Batch.user_id)
    statement = (
        parts(Batch.id, Batch.user_id, Part.platform, func.count().label("runs"))
        .join(Run, and_(Run.batch_id == Batch.id, Run.platform == Part.platform))
        .where(Run.finished_at.is_(None), Part.waiting_until <= now())
        .group_by(Batch.id, Part.batch_id, Part.platform)
        .order_by(of_user, func.count(), Part.served_at, Batch.id)
    )
    for batch_id, user_id, platform, runs in connection.execute(statement).all():
        if has_more(connection, batch_id, platform, runs * IN_HAND):
            yield batch_id, user_id, platform


Backoffs = defaultdict[str, Backoff]  # by node, and by run that its node refuses


def deliver(
    engine: Engine, nodes: dict[str, Scrapyd], fresh: Collection[str] = (), backoffs: Backoffs | None = None
) -> None:
    """Tell scrapyd of the runs that it does not know; the fresh ones it cannot know."""
    backoffs = defaultdict(Backoff) if backoffs is None else backoffs
    doubtful = and_(Run.state == RunState.POSTED, Run.posted_at < now() - DOUBT_SECONDS)
    unknown = select(Run, Batch.public_id).join(Batch).where(or_(Run.state == RunState.QUEUED, doubtful))
    with engine.connect() as connection:
        rows = connection.execute(unknown.order_by(Run.created_at)).all()
    of_nodes = [[row for row in rows if row.node == node] for node in {row.node for row in rows} & nodes.keys()]
    tell = partial(_deliver_all, engine, nodes, fresh=fresh, backoffs=backoffs)
    if len(of_nodes) > 1:
        with ThreadPoolExecutor(len(of_nodes), "deliver") as threads:  # so that no node waits for a silent one
            list(threads.map(tell, of_nodes))
    elif of_nodes:
        tell(of_nodes[0])
    for gone in backoffs.keys() - nodes.keys() - {row.id for row in rows}:
        del backoffs[gone]


def _deliver_all(
    engine: Engine, nodes: dict[str, Scrapyd], rows: list[Any], *, fresh: Collection[str], backoffs: Backoffs
) -> None:
    """Tell one node of its runs, until it fails."""
    for row in rows:
        if backoffs[row.node].is_over() and backoffs[row.id].is_over():
            with bound_contextvars(run=row.id, batch=row.public_id):
                _deliver(engine, nodes[row.node], row, ask=row.id not in fresh, backoffs=backoffs)


def _deliver(engine: Engine, scrapyd: Scrapyd, run: Any, *, ask: bool, backoffs: Backoffs) -> None:
    """Ask a node first where an earlier request timed out, because it may have been obeyed all the same."""
    try:
        known = ask and scrapyd.has(run.id)
        if not known:
            scrapyd.post(spider_of(run.platform), run.id)
    except ScrapydError as error:
        trouble = backoffs[run.id if isinstance(error, RefusedError) else run.node]
        if trouble.fail(str(error)):
            log.warning("scrapyd does not take a run; it is tried again", error=str(error))
        return
    if backoffs[run.node].succeed():
        log.info("scrapyd takes runs again", node=run.node)
    posted = update(Run).where(Run.id == run.id, Run.state.in_((RunState.QUEUED, RunState.POSTED)))
    with engine.begin() as connection:
        connection.execute(posted.values(state=RunState.POSTED, posted_at=now()))
    if not known:
        log.info("run posted", spider=spider_of(run.platform))
