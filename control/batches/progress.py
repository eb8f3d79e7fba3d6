"""How far a batch is, and whose it is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, bindparam, exists, func, select

from control.batches import names
from control.batches.link_counts import Counts, link_counts
from control.errors import NotFound
from crawler.reasons import Reason
from crawler.store.database import now, snapshot
from crawler.store.models.base import may_be_id
from crawler.store.models.batches import FINAL, Batch, Link, Part, Status

OWN = select(Batch.id).where(Batch.public_id == bindparam("public_id"), Batch.user_id == bindparam("user"))


class State(StrEnum):
    """The state of a batch, derived from its links."""

    CREATED = "created"  # no run has worked on a link yet
    IN_PROGRESS = "in progress"
    DONE = "done"  # all links are done
    PARTIAL = "partial"  # some are done, the others failed
    FAILED = "failed"  # all links failed
    CANCELLED = "cancelled"  # some failed because a run was cancelled


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is. Times are seconds since 1970."""

    public_id: str
    platform: str | None  # of its links; None: of several platforms
    state: State
    counts: Counts
    waiting_for: str | None
    waiting_until: float | None
    retry_of: str | None
    repeat_of: str | None
    created_at: float
    deadline_at: float
    closed_at: float | None
    name: str
    views: int | None  # the sum of all links, once the batch is closed

    @property
    def links(self) -> int:
        return sum(self.counts.values())

    @property
    def finished_share(self) -> float:
        """The share of its links that are final, 0 to 1."""
        return sum(self.counts[status] for status in FINAL) / self.links


def own(connection: Connection, user_id: str, public_id: str) -> int:
    """Return the key of one of the user's batches. Raises NotFound also for another user's, to tell nobody of it."""
    mine = {"public_id": public_id, "user": user_id}
    batch_id = connection.execute(OWN, mine).scalar() if may_be_id(public_id) else None
    if batch_id is None:
        raise missing()
    return batch_id


def of_batch(engine: Engine, user_id: str, public_id: str) -> Progress:
    """Raises NotFound."""
    with snapshot(engine) as connection:
        return read(connection, own(connection, user_id, public_id))


def of_batches(
    engine: Engine, user_id: str, cursor: str | None, limit: int, name: str = ""
) -> tuple[list[Progress], str | None]:
    """Read a page of a user's batches, newest first, and the cursor of the next page. Raises NotFound.

    With a `name`, only batches whose name contains it.
    """
    mine = _batches().where(Batch.user_id == user_id).order_by(Batch.id.desc()).limit(limit + 1)
    if name:
        mine = mine.where(names.named(name))
    with snapshot(engine) as connection:
        if cursor:
            mine = mine.where(Batch.id < own(connection, user_id, cursor))
        rows = connection.execute(mine).all()
        page = [_progress(connection, row) for row in rows[:limit]]
    return page, page[-1].public_id if len(rows) > limit else None


def read(connection: Connection, batch_id: int) -> Progress:
    """Read a batch by its key. Raises NotFound if somebody has just deleted it."""
    row = connection.execute(_batches().where(Batch.id == batch_id)).one_or_none()
    if row is None:
        raise missing()
    return _progress(connection, row)


def missing() -> NotFound:
    return NotFound("You have no batch of this id.")


def _progress(connection: Connection, row: Row[Any]) -> Progress:
    counts = link_counts(connection, row)
    if counts is None:
        raise missing()
    open_ = row.closed_at is None
    return Progress(
        public_id=row.public_id,
        platform=row.platform or None,
        state=state(counts, worked=row.worked, cancelled=row.cancelled),
        counts=counts,
        waiting_for=row.waiting_for if open_ else None,
        waiting_until=row.waiting_until if open_ else None,
        retry_of=row.retry_of,
        repeat_of=row.repeat_of,
        created_at=row.created_at,
        deadline_at=row.deadline_at,
        closed_at=row.closed_at,
        name=row.name,
        views=row.views,
    )


def _batches() -> Select[*tuple[Any, ...]]:
    """Select batches with what is needed, beside the counts, to derive their state."""
    failed = (Link.batch_id == Batch.id, Link.reason.is_not(None), Link.post_id.is_not(None))
    waits = (Part.batch_id == Batch.id, Part.waiting_until > now())
    whys = select(func.aggregate_strings(Part.waiting_for, "; ")).where(*waits)
    return select(
        Batch,
        whys.scalar_subquery().label("waiting_for"),
        select(func.max(Part.waiting_until)).where(*waits).scalar_subquery().label("waiting_until"),
        exists().where(*failed, Link.reason == Reason.CANCELLED).label("cancelled"),
        exists().where(*failed).label("worked"),
    )


def state(counts: dict[str, int], *, worked: bool, cancelled: bool) -> State:
    """Derive the state. `worked`: some link failed after it was accepted."""
    if counts[Status.CREATED] or counts[Status.IN_PROGRESS]:
        begun = counts[Status.IN_PROGRESS] or counts[Status.DONE] or worked
        return State.IN_PROGRESS if begun else State.CREATED
    if cancelled:
        return State.CANCELLED
    if counts[Status.FAILED] == 0:
        return State.DONE
    return State.PARTIAL if counts[Status.DONE] else State.FAILED
