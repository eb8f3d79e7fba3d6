"""Give batches a run: its row is committed first, then scrapyd is told. Nothing here can start a second worker, for a
spider wins its run by compare-and-set: a run that was posted twice is worked once.
"""

import random
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, Select, and_, func, insert, or_, select, text, update
from structlog.contextvars import bound_contextvars

from control.scrapyd import Scrapyd, ScrapydError
from crawler.database import now, writing
from crawler.models import Batch, Run, RunState, User, random_id
from crawler.queue import IN_HAND, has_more, ready

log = structlog.get_logger()

LOCK = 5_741_311  # PostgreSQL's advisory lock of this duty: of two schedulers, one counts and adds runs at a time
DOUBT_SECONDS = 10.0  # a posted run that has not started by then may have been lost by scrapyd: it is asked


def look_again(engine: Engine) -> None:
    """Let batches that wait for a credential try at once: who starts the system anew may have brought one."""
    waiting = update(Batch).where(Batch.closed_at.is_(None), Batch.waiting_until > now())
    with engine.begin() as connection:
        connection.execute(waiting.values(waiting_until=0))


def enlist(engine: Engine, most: int, nodes: list[str]) -> list[str]:
    """Commit a run for batches that have links to work on, while fewer than `most` runs are active; their ids."""
    with engine.connect() as connection:
        if not _waiting(connection, most):
            return []
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        return _give_runs(connection, _waiting(connection, most), nodes)


def _waiting(connection: Connection, most: int) -> list[Any]:
    """Batches that get a run now: their first one, and while nobody waits for that, a further one."""
    free = most - connection.execute(select(func.count()).where(Run.finished_at.is_(None))).scalar_one()
    if free <= 0:
        return []
    firsts = connection.execute(_in_turn(free)).all()
    return [*firsts, *islice(_large(connection), free - len(firsts))]


def _large(connection: Connection) -> Iterator[Any]:
    """Batches with more links for now than their runs can hold; those of users with few runs come first."""
    of_user = func.sum(func.count()).over(partition_by=Batch.user_id)
    statement = (
        select(Batch.id, Batch.user_id, Batch.platform, func.count().label("runs"))
        .join(Run, Run.batch_id == Batch.id)
        .where(Run.finished_at.is_(None), Batch.closed_at.is_(None), Batch.waiting_until <= now())
        .group_by(Batch.id)
        .order_by(of_user, func.count(), Batch.served_at, Batch.id)
    )
    for batch_id, user_id, platform, runs in connection.execute(statement).all():
        if has_more(connection, batch_id, runs * IN_HAND):
            yield batch_id, user_id, platform


def _in_turn(limit: int) -> Select[int, str, str]:
    """Round robin by user: everybody's first batch before anybody's second, who was served longest ago comes first."""
    place = func.row_number().over(partition_by=Batch.user_id, order_by=(Batch.served_at, Batch.id))
    return (
        select(Batch.id, Batch.user_id, Batch.platform)
        .join(User, User.id == Batch.user_id)
        .where(ready())
        .order_by(place, User.served_at, Batch.id)
        .limit(limit)
    )


def _give_runs(connection: Connection, batches: Any, nodes: list[str]) -> list[str]:
    given = []
    for batch_id, user_id, platform in batches:
        run = {"id": random_id(), "batch_id": batch_id, "platform": platform}
        given.append(run["id"])
        connection.execute(insert(Run).values(**run, node=random.choice(nodes)))  # noqa: S311
        connection.execute(update(Batch).where(Batch.id == batch_id).values(served_at=now()))
        connection.execute(update(User).where(User.id == user_id).values(served_at=now()))
    return given


def deliver(engine: Engine, nodes: dict[str, Scrapyd], fresh: Collection[str] = ()) -> None:
    """Tell scrapyd of the runs that it does not know; the fresh ones it cannot know."""
    doubtful = and_(Run.state == RunState.POSTED, Run.posted_at < now() - DOUBT_SECONDS)
    unknown = select(Run, Batch.public_id).join(Batch).where(or_(Run.state == RunState.QUEUED, doubtful))
    with engine.connect() as connection:
        rows = connection.execute(unknown.order_by(Run.created_at)).all()
    for row in rows:
        if row.node in nodes:
            with bound_contextvars(run=row.id, batch=row.public_id):
                _deliver(engine, nodes[row.node], row.id, f"{row.platform}_views", ask=row.id not in fresh)


def _deliver(engine: Engine, scrapyd: Scrapyd, run_id: str, spider: str, *, ask: bool) -> None:
    """Ask first where an earlier request may have timed out and been heard all the same."""
    try:
        if not (ask and scrapyd.has(run_id)):
            scrapyd.post(spider, run_id)
    except ScrapydError as error:
        log.warning("scrapyd does not take a run; it is tried again", error=str(error))
        return
    posted = update(Run).where(Run.id == run_id, Run.state.in_((RunState.QUEUED, RunState.POSTED)))
    with engine.begin() as connection:
        connection.execute(posted.values(state=RunState.POSTED, posted_at=now()))
    log.info("run posted", spider=spider)
