"""Give batches a run: its row is committed first, then scrapyd is told. Nothing here can start a second worker, for a
spider wins its run by compare-and-set: a run that was posted twice is worked once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, func, or_, select, update

from control.logs import bound_contextvars, get_logger
from control.nodes.client import Clients, RefusedError, Scrapyd, ScrapydError
from control.nodes.fleet import Fleet, places, take_place
from control.scheduler.backoff import Backoff
from crawler.platforms import spider_of
from crawler.queue import dispatch_lock
from crawler.queue.claims import IN_HAND
from crawler.queue.demand import has_more, somebody_waits
from crawler.queue.round_robin import give_run, in_turn
from crawler.store.database import now, reading, writing
from crawler.store.models.batches import Batch, Part
from crawler.store.models.runs import NOT_STARTED, Run, RunState

log = get_logger()

DOUBT_SECONDS = 10.0  # a posted run that has not started by then may have been lost by scrapyd: it is asked


def look_again(engine: Engine) -> None:
    """Let batches that wait for a credential try at once, because a restart may have brought a new one."""
    opened = select(Batch.id).where(Batch.closed_at.is_(None))
    waiting = update(Part).where(Part.batch_id.in_(opened), Part.waiting_until > now())
    with engine.begin() as connection:
        connection.execute(waiting.values(waiting_until=0, ready_since=now(), ready_from=None))


def enlist(engine: Engine, fleet: Fleet) -> list[str]:
    """Commit a run for parts of batches that have links to work on, while nodes have free slots; their ids."""
    with reading(engine) as connection:
        if not (_free(places(connection, fleet)) and _anybody_waits(connection)):
            return []
    with writing(engine) as connection:
        dispatch_lock.lock(connection)
        found = places(connection, fleet)
        given = (give_run(connection, *part, node=take_place(found)) for part in _waiting(connection, found))
        return [run_id for run_id in given if run_id]


def _free(found: Mapping[str, int]) -> int:
    return sum(max(0, count) for count in found.values())


def _anybody_waits(connection: Connection) -> bool:
    return somebody_waits(connection) or any(True for _ in _large(connection))


def _waiting(connection: Connection, found: Mapping[str, int]) -> list[Any]:
    """Parts of batches that get a run now: their first one, and while nobody waits for that, a further one."""
    free = _free(found)
    if not free:
        return []
    firsts = in_turn(connection, free)
    return [*firsts, *islice(_large(connection), free - len(firsts))]


def _large(connection: Connection) -> Iterator[Any]:
    """Parts with more links for now than their runs can hold; those of users with few runs come first."""
    for batch_id, user_id, platform, runs in connection.execute(_with_runs()).all():
        if has_more(connection, batch_id, platform, runs * IN_HAND):
            yield batch_id, user_id, platform


@cache
def _with_runs() -> Select[*tuple[Any, ...]]:
    of_user = func.sum(func.count()).over(partition_by=Batch.user_id)
    return (
        select(Batch.id, Batch.user_id, Part.platform, func.count().label("runs"))
        .select_from(Run)
        .join(Batch, Batch.id == Run.batch_id)
        .join(Part, and_(Part.batch_id == Run.batch_id, Part.platform == Run.platform))
        .where(Run.finished_at.is_(None), Batch.closed_at.is_(None), Part.waiting_until <= now())
        .group_by(Batch.id, Part.batch_id, Part.platform)
        .order_by(of_user, func.count(), Part.served_at, Batch.id)
    )


Backoffs = defaultdict[str, Backoff]  # by node, and by run that its node refuses


def deliver(engine: Engine, clients: Clients, fresh: Collection[str] = (), backoffs: Backoffs | None = None) -> None:
    """Tell scrapyd of the runs that it does not know; the fresh ones it cannot know."""
    backoffs = defaultdict(Backoff) if backoffs is None else backoffs
    with reading(engine) as connection:
        rows = connection.execute(_unknown()).all()
    of_nodes = [[row for row in rows if row.node == node] for node in {row.node for row in rows}]
    tell = partial(_deliver_all, engine, clients, fresh=fresh, backoffs=backoffs)
    if len(of_nodes) > 1:
        with ThreadPoolExecutor(len(of_nodes), "deliver") as threads:  # so that no node waits for a silent one
            list(threads.map(tell, of_nodes))
    elif of_nodes:
        tell(of_nodes[0])
    for gone in backoffs.keys() - {row.node for row in rows} - {row.id for row in rows}:
        if not backoffs[gone].is_recent():
            del backoffs[gone]


@cache
def _unknown() -> Select[*tuple[Any, ...]]:
    doubtful = and_(Run.state == RunState.POSTED, Run.posted_at < now() - DOUBT_SECONDS)
    unknown = select(Run, Batch.public_id).join(Batch).where(or_(Run.state == RunState.QUEUED, doubtful))
    return unknown.order_by(Run.created_at)


def _deliver_all(
    engine: Engine, clients: Clients, rows: list[Any], *, fresh: Collection[str], backoffs: Backoffs
) -> None:
    """Tell one node of its runs, until it fails."""
    for row in rows:
        if backoffs[row.node].is_over() and backoffs[row.id].is_over():
            with bound_contextvars(run=row.id, batch=row.public_id):
                _deliver(engine, clients.of(row.node), row, ask=row.id not in fresh, backoffs=backoffs)


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
    posted = update(Run).where(Run.id == run.id, Run.state.in_(NOT_STARTED))
    with engine.begin() as connection:
        connection.execute(posted.values(state=RunState.POSTED, posted_at=now()))
    if not known:
        log.info("run posted", spider=spider_of(run.platform))
