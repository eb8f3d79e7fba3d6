"""The queue of links: claimed in chunks by runs that hold a lease, given back, charged, ended.

Single guarded statements or one transaction each, never a read in one and the write in another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased

from crawler import given
from crawler.database import now, writing
from crawler.ending import end
from crawler.lease import hold
from crawler.models import Batch, Link, Post, Run, RunState, Status
from crawler.reasons import Reason

CHUNK = 5000  # links claimed at once: what one `execute` of VK measures (25 calls of 200 videos)
IN_HAND = 2 * CHUNK  # at most so many links has a run: several requests ahead, and little memory
# Of links that are found by their ids: whether the `run` still holds them.
STILL_HELD = given.still(and_(Link.run_id == bindparam("run"), Link.status == Status.IN_PROGRESS))

ATTEMPTS = 8  # tries of a link before it fails with the reason of the last one: over ten minutes
AD_HOC_ATTEMPTS = 3  # somebody sits before an ad-hoc run
BACKOFF_SECONDS = 5.0  # after the first try; doubled after each further one
LONGEST_BACKOFF_SECONDS = 600.0
JUST_SECONDS = 0.5  # the scheduler needs less to give a new batch a free slot
ROOM_SECONDS = 2.0  # nor longer, on a busy machine, to give away the slot of a run that has ended


class Claimed(NamedTuple):
    """A link that a run works on."""

    id: int
    post_id: int
    key: str
    access_key: str


def claim(engine: Engine, run_id: str, lease: float, limit: int) -> list[Claimed]:
    """Take up to `limit` waiting links in the order sent, and with each all its duplicates."""
    with writing(engine) as connection:
        batch_id = hold(connection, run_id, lease)
        due = (Link.status == Status.CREATED, given.still(Link.not_before <= now()))
        rows = connection.execute(_links(batch_id).where(*due).order_by(Link.position).limit(limit)).all()
        taken = {row.id: row for row in rows}
        if rows:
            dialect = connection.dialect.name
            waiting = (Link.duplicate_of.in_(given.ids(dialect)), given.still(Link.status == Status.CREATED))
            copies = _links(batch_id).where(*waiting)
            firsts = given.parameters(dialect, id=[row.position for row in rows])
            taken.update((row.id, row) for row in connection.execute(copies, firsts))
            values = {"status": Status.IN_PROGRESS, "run_id": run_id, "sent": False}
            taking = these(dialect, given.still(Link.status == Status.CREATED)).values(values)
            connection.execute(taking, given.parameters(dialect, id=list(taken)))
    return [Claimed(row.id, row.post_id, row.key, row.access_key) for row in taken.values()]


def _links(batch_id: int) -> Select[int, int, int | None, str, str]:
    """Those of the batch that nobody else is about to claim. What else is asked of them must be found by an index."""
    return (
        select(Link.id, Link.position, Link.post_id, Post.key, Link.access_key)
        .join(Post, Post.id == Link.post_id)
        .where(Link.batch_id == batch_id)
        .with_for_update(of=Link, skip_locked=True)
    )


def mark_sent(connection: Connection, run_id: str, link_ids: Sequence[int]) -> None:
    """Note, just before a request leaves, which links it is for: should we die now, they are charged, and only they."""
    dialect = connection.dialect.name
    connection.execute(_marking(dialect), {"run": run_id, **given.parameters(dialect, id=link_ids)})


@cache
def _marking(dialect: str) -> Update:
    return these(dialect, STILL_HELD).values(sent=True)


def charged(reason: ColumnElement[Any], detail: ColumnElement[Any], attempts: int = ATTEMPTS) -> dict[str, Any]:
    """Column values for a link whose try came to nothing: back into the queue for later, or failed after the last."""
    last = Link.attempts + 1 >= attempts
    backoff = BACKOFF_SECONDS * literal(1).bitwise_lshift(Link.attempts)
    return {
        "status": case((last, Status.FAILED), else_=Status.CREATED),
        "reason": case((last, reason), else_=None),
        "detail": detail,
        "finished_at": case((last, now()), else_=None),
        "run_id": case((last, Link.run_id), else_=None),
        "attempts": Link.attempts + 1,
        "not_before": now() + case((backoff > LONGEST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS), else_=backoff),
    }


def these(dialect: str, condition: ColumnElement[bool]) -> Update:
    """Update those of the given links (a column `id`) that are still so: one statement, however many they are."""
    return update(Link).where(Link.id.in_(given.ids(dialect)), condition).execution_options(synchronize_session=False)


def held(run_id: str) -> ColumnElement[bool]:
    return and_(Link.run_id == run_id, Link.status == Status.IN_PROGRESS)


def settle(engine: Engine, run_id: str, lease: float, outcome: str, alarm: str | None = None) -> None:
    """End the run in order: what it has not finished goes back uncharged."""
    with writing(engine) as connection:
        hold(connection, run_id, lease)
        release(connection, run_id)
        connection.execute(end(Run.id == run_id, RunState.FINISHED, outcome).values(alarm=alarm))


def release(connection: Connection, run_id: str) -> None:
    back = {"status": Status.CREATED, "run_id": None, "sent": False}
    connection.execute(update(Link).where(held(run_id)).values(back))


def lose(connection: Connection, run_id: str, still: ColumnElement[bool], outcome: str) -> bool:
    """Give a run up if it is `still` so: links whose request may have been on the wire are charged, others are not."""
    if connection.execute(end(and_(Run.id == run_id, still), RunState.LOST, outcome)).rowcount == 0:
        return False
    in_flight = update(Link).where(held(run_id), Link.sent.is_(True))
    connection.execute(in_flight.values(charged(literal(Reason.LOST), literal("")) | {"sent": False}))
    release(connection, run_id)
    return True


def next_due(engine: Engine, run_id: str) -> float | None:
    """Seconds until the next waiting link of the run's batch may be tried (0 or less: now), None where none waits."""
    batch_id = select(Run.batch_id).where(Run.id == run_id).scalar_subquery()
    waiting = (Link.batch_id == batch_id, Link.status == Status.CREATED)
    statement = select(func.min(Link.not_before) - now()).where(*waiting)
    with engine.connect() as connection:
        return connection.execute(statement).scalar()


def wait(engine: Engine, run_id: str, lease: float, why: str, seconds: float) -> None:
    """Let the run's whole batch wait for something, such as a paused credential."""
    with writing(engine) as connection:
        batch_id = hold(connection, run_id, lease)
        waiting = {"waiting_for": why, "waiting_until": now() + seconds}
        connection.execute(update(Batch).where(Batch.id == batch_id).values(waiting))


def ready(batch: type[Batch] = Batch) -> ColumnElement[bool]:
    """Whether a batch has links to work on now and nobody who does."""
    waiting_link = exists().where(Link.batch_id == batch.id, Link.status == Status.CREATED, Link.not_before <= now())
    active_run = exists().where(Run.batch_id == batch.id, Run.finished_at.is_(None))
    return and_(batch.closed_at.is_(None), batch.waiting_until <= now(), waiting_link, ~active_run)


def has_more(connection: Connection, batch_id: int, than: int) -> bool:
    """Whether more links of the batch than so many can be worked on now."""
    waiting = (Link.batch_id == batch_id, Link.status == Status.CREATED, Link.not_before <= now())
    return connection.execute(select(Link.id).where(*waiting).limit(1).offset(than)).first() is not None


def longest_waiting(engine: Engine) -> float | None:
    """When that batch last had a run which has waited longest for one (0: it never had any); None where none waits.

    One that has only just come does not count: there may be a slot for it.
    """
    served = select(func.min(Batch.served_at)).where(ready(), Batch.created_at < now() - JUST_SECONDS)
    with engine.connect() as connection:
        return connection.execute(served).scalar()


@dataclass(frozen=True, slots=True)
class Siblings:
    """How many other runs are at work on a run's batch: such as came before it, and after it.

    One that has just ended counts as younger: it has made room, and nobody else need.
    """

    older: int
    younger: int


def siblings(engine: Engine, run_id: str) -> Siblings:
    mine, other = aliased(Run), aliased(Run)
    at_work = and_(other.finished_at.is_(None), other.state == RunState.RUNNING, other.lease_until > now())
    older = and_(at_work, tuple_(other.created_at, other.id) < tuple_(mine.created_at, mine.id))
    made_room = other.finished_at > now() - ROOM_SECONDS
    # CASE makes false what would be unknown: a run that ended before it began has no lease.
    statement = select(given.still(older)).join(mine, mine.batch_id == other.batch_id)
    others = statement.where(mine.id == run_id, other.id != run_id, or_(at_work, made_room))
    with engine.connect() as connection:
        found = connection.execute(others).scalars().all()
    return Siblings(sum(found), len(found) - sum(found))
