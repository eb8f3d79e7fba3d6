"""Whether there is work: for a run that wonders whether to stay, and for the scheduler that gives runs."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
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
from crawler.store.database import now
from crawler.store.models.batches import Batch, Link, Part, Status
from crawler.store.models.runs import Run, RunState

JUST_SECONDS = 0.5  # a new batch gets a free slot of the scheduler within this time
ROOM_SECONDS = 2.0  # on a busy machine the slot of a run that ended is given away within this time


def next_due(engine: Engine, run_id: str) -> float | None:
    """Seconds until the next waiting link of the run's platform in its batch may be tried (0 or less: now), None where
    none waits.
    """
    batch_id = select(Run.batch_id).where(Run.id == run_id).scalar_subquery()
    waiting = (Link.batch_id == batch_id, Link.platform == platform_of(run_id), Link.status == Status.CREATED)
    statement = select(func.min(Link.not_before) - now()).where(*waiting)
    with engine.connect() as connection:
        return connection.execute(statement).scalar()


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
    waiting = (
        Link.batch_id == batch_id,
        Link.platform == platform,
        Link.status == Status.CREATED,
        Link.not_before <= now(),
    )
    return connection.execute(select(Link.id).where(*waiting).limit(1).offset(than)).first() is not None


def longest_waiting(engine: Engine) -> float | None:
    """When that part last had a run which has waited longest for one (0: it never had any); None where none waits.

    One that has only just come does not count: there may be a slot for it.
    """
    waiting = ready(Part.served_at).where(awaits_run(), Batch.created_at < now() - JUST_SECONDS)
    with engine.connect() as connection:
        longest: float | None = connection.execute(_longest_first(waiting)).scalar()
    return longest


def next_ready(engine: Engine) -> float | None:
    """Seconds until the first batch that nobody works on has something to work on, None where none will have.

    0 or less: one has now, and waits for a slot.
    """
    with engine.connect() as connection:
        if somebody_waits(connection):
            return 0.0
        later = select(Part.ready_from - now()).where(LATER).order_by(Part.ready_from).limit(1)
        seconds: float | None = connection.execute(later).scalar()
    return seconds


def somebody_waits(connection: Connection) -> bool:
    return connection.execute(_longest_first(ready(Part.batch_id).where(awaits_run()))).first() is not None


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
    mine, other = aliased(Run), aliased(Run)
    at_work = and_(other.finished_at.is_(None), other.state == RunState.RUNNING, other.lease_until > now())
    older = and_(at_work, tuple_(other.created_at, other.id) < tuple_(mine.created_at, mine.id))
    made_room = other.finished_at > now() - ROOM_SECONDS
    # CASE makes false what would be unknown: a run that ended before it began has no lease.
    statement = select(bulk_parameters.hidden_from_planner(older)).join(
        mine, and_(mine.batch_id == other.batch_id, mine.platform == other.platform)
    )
    others = statement.where(mine.id == run_id, other.id != run_id, or_(at_work, made_room))
    with engine.connect() as connection:
        found = connection.execute(others).scalars().all()
    return Siblings(sum(found), len(found) - sum(found))
