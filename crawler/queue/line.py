"""Which parts of batches may have something for a run, so that who looks for one need not look at all open batches.

`Part.ready_since` and `Part.ready_from` are hints. A part that waits for a run always has the former, or the latter and
it has come: that is what holds. Where a hint is wrong the other way it costs a look, and no run, because whoever gives
one asks the links. A part's hint is put off only while no run of it is at work: then none of its links can become due
earlier than it says.

Code of the last release writes no hints. What it leaves is found by the scheduler, see `control.scheduler.lining_up`.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, case, exists, func, insert, or_, select, update

from crawler.store.database import now
from crawler.store.models.accounts import User
from crawler.store.models.batches import Link, Part, Status
from crawler.store.models.runs import Run

WAITING_LINK = (Link.batch_id == Part.batch_id, Link.platform == Part.platform, Link.status == Status.CREATED)
HAS_ACTIVE_RUN = exists().where(Run.batch_id == Part.batch_id, Run.platform == Part.platform, Run.finished_at.is_(None))
READY = Part.ready_since.is_not(None)
LATER = Part.ready_from.is_not(None)
IN_LINE = or_(READY, LATER)
OVERLAP_SECONDS = 1.0


def enter(connection: Connection, user_id: str, batch_id: int, platforms: Sequence[str]) -> None:
    """Store the parts of a new batch. The user's row is locked first, until the batch is there, see `leave`."""
    begin(connection, user_id, batch_id)
    for platform in platforms:
        part = insert(Part).values(batch_id=batch_id, platform=platform, user_id=user_id, ready_since=now())
        connection.execute(part)


def begin(connection: Connection, user_id: str, batch_id: int) -> None:
    """Note that a batch of the user may wait."""
    earlier = case((User.first_in_line < batch_id, User.first_in_line), else_=batch_id)
    connection.execute(_silently(update(User).where(User.id == user_id).values(first_in_line=earlier)))


def leave(connection: Connection, user_ids: Collection[str]) -> None:
    """Note of those of these users who have no batch in line any more that they have none.

    Their rows are locked first. Who hands a batch in meanwhile holds theirs and is passed over, or waits for it.
    """
    mine = select(User.id).where(User.id.in_(user_ids), User.first_in_line.is_not(None))
    free = connection.execute(mine.with_for_update(key_share=True, skip_locked=True)).scalars().all()
    ready, later = (exists().where(Part.user_id == User.id, which) for which in (READY, LATER))
    gone = (User.id.in_(free), ~ready, ~later)
    connection.execute(_silently(update(User).where(*gone).values(first_in_line=None)))


def close(connection: Connection, batch_ids: Collection[int]) -> None:
    """Take batches that are closed out of line."""
    theirs = (Part.batch_id.in_(batch_ids), IN_LINE)
    connection.execute(_silently(update(Part).where(*theirs).values(ready_since=None, ready_from=None)))


def run_ended(connection: Connection, run_id: str) -> None:
    """Note from when on the run's part has something for the next one."""
    batch_id, platform = (
        select(column).where(Run.id == run_id).scalar_subquery() for column in (Run.batch_id, Run.platform)
    )
    note(connection, Part.batch_id == batch_id, Part.platform == platform, IN_LINE)


def note(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Write the hints of those of these parts that nobody works on. None of a closed batch may be among them."""
    due = later(first_due(), Part.waiting_until)
    just = due > now() - OVERLAP_SECONDS  # what comes due between two looks at the clock has both hints, and not none
    hints = {"ready_since": case((due <= now(), now())), "ready_from": case((just, due))}
    connection.execute(_silently(update(Part).where(*which, ~HAS_ACTIVE_RUN).values(hints)))


def first_due() -> ColumnElement[float]:
    """When the first link of the part that waits is due; null where none waits."""
    due: Any = select(func.min(Link.not_before)).where(*WAITING_LINK).correlate(Part).scalar_subquery()
    found: ColumnElement[float] = due
    return found


def later(one: Any, other: Any) -> ColumnElement[float]:
    """Null where the first one is."""
    return case((one > other, one), (one.is_not(None), other))


def _silently(statement: Update) -> Update:
    return statement.execution_options(synchronize_session=False)
