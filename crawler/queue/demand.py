"""Whether there is work: for a run that wonders whether to stay, and for the scheduler that gives runs."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from crawler.queue.claims import platform_of
from crawler.queue.line import HAS_ACTIVE_RUN, LATER, READY, WAITING_LINK
from crawler.store import bulk_parameters
from crawler.store.database import now, reading
from crawler.store.models.batches import Batch, Link, Part, Status
from crawler.store.models.runs import Run, RunState

JUST_SECONDS = 0.5  # a new batch gets a free slot of the scheduler within this time
ROOM_SECONDS = 2.0  # on a busy machine the slot of a run that ended is given away within this time
NEXT_LATER = select(Part.ready_from - now()).where(LATER).order_by(Part.ready_from).limit(1)


def next_due(engine: Engine, run_id: str) -> float | None:
    """Seconds until the next waiting link of the run's platform in its batch may be tried (0 or less: now), None where
    none waits.
    """
    with reading(engine) as connection:
        return connection.execute(_next_due(), {"run": run_id}).scalar()


@cache
def _next_due() -> Select[float]:
    run: Any = bindparam("run")
    batch_id = select(Run.batch_id).where(Run.id == run).scalar_subquery()
    waiting = (Link.batch_id == batch_id, Link.platform == platform_of(run), Link.status == Status.CREATED)
    return select(func.min(Link.not_before) - now()).where(*waiting)


def awaits_run() -> ColumnElement[bool]:
    """Whether a part has links to work on now and nobody who does: of `ready()`."""
    waiting_link = exists().where(*WAITING_LINK, Link.not_before <= now())
    return and_(Part.waiting_until <= now(), waiting_link, ~HAS_ACTIVE_RUN)


def ready(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Select of open batches and those of their parts that may have something for a run. Parts are looked for first."""
    found = select(*columns).select_from(Part).join(Batch, Batch.id == Part.batch_id)
    return found.where(READY, bulk_parameters.hidden_from_planner(Batch.closed_at.is_(None)))


def has_more(connection: Connection, batch_id: int, platform: str, than: int) -> bool:
    """Whether more links of the part than so many can be worked on now."""
    return connection.execute(_further(), {"batch": batch_id, "platform": platform, "than": than}).first() is not None


@cache
def _further() -> Select[int]:
    part = (Link.batch_id == bindparam("batch"), Link.platform == bindparam("platform"))
    waiting = (Link.status == Status.CREATED, Link.not_before <= now())
    return select(Link.id).where(*part, *waiting).limit(1).offset(bindparam("than", type_=Integer))


def longest_waiting(engine: Engine) -> float | None:
    """When that part last had a run which has waited longest for one (0: it never had any); None where none waits.

    One that has only just come does not count: there may be a slot for it.
    """
    with reading(engine) as connection:
        longest: float | None = connection.execute(_longest_waiting()).scalar()
    return longest


@cache
def _longest_waiting() -> Select[float]:
    return _longest_first(ready(Part.served_at).where(awaits_run(), Batch.created_at < now() - JUST_SECONDS))


def next_ready(engine: Engine) -> float | None:
    """Seconds until the first batch that nobody works on has something to work on, None where none will have.

    0 or less: one has now, and waits for a slot.
    """
    with reading(engine) as connection:
        if somebody_waits(connection):
            return 0.0
        seconds: float | None = connection.execute(NEXT_LATER).scalar()
    return seconds


def somebody_waits(connection: Connection) -> bool:
    return connection.execute(_first_waiting()).first() is not None


@cache
def _first_waiting() -> Select[int]:
    return _longest_first(ready(Part.batch_id).where(awaits_run()))


def _longest_first(waiting: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The order of an index: those that a run works on were served last, so the first one that is looked at waits."""
    return waiting.order_by(Part.served_at, Part.batch_id).limit(1)


@dataclass(frozen=True, slots=True)
class Siblings:
    """How many other runs are at work on a run's part of its batch: such as came before it, and after it.

    One that has just ended counts as younger: it has made room, and nobody else need.
    """

    older: int
    younger: int


def siblings(engine: Engine, run_id: str) -> Siblings:
    with reading(engine) as connection:
        found = connection.execute(_siblings(), {"run": run_id}).scalars().all()
    return Siblings(sum(found), len(found) - sum(found))


@cache
def _siblings() -> Select[bool]:
    """Of each other run: whether it is older."""
    mine, other = aliased(Run), aliased(Run)
    at_work = and_(other.finished_at.is_(None), other.state == RunState.RUNNING, other.lease_until > now())
    older = and_(at_work, tuple_(other.created_at, other.id) < tuple_(mine.created_at, mine.id))
    made_room = other.finished_at > now() - ROOM_SECONDS
    # CASE makes false what would be unknown: a run that ended before it began has no lease.
    statement = select(bulk_parameters.hidden_from_planner(older)).join(
        mine, and_(mine.batch_id == other.batch_id, mine.platform == other.platform)
    )
    return statement.where(mine.id == bindparam("run"), other.id != bindparam("run"), or_(at_work, made_room))
