"""The queue of links: claimed in chunks by runs that hold a lease, given back, charged, ended.

Single guarded statements or one transaction each, never a read in one and the write in another.
"""

from collections.abc import Sequence
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
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import aliased

from crawler.queue import line, wakeup
from crawler.queue.cancellation import end
from crawler.queue.lease import extend_lease
from crawler.reasons import Reason
from crawler.store import bulk_parameters
from crawler.store.database import now, writing
from crawler.store.models.batches import Link, Part, Status
from crawler.store.models.posts import Post
from crawler.store.models.runs import Run, RunState

CHUNK = 5000  # links claimed at once: what one `execute` of VK measures (25 calls of 200 videos)
IN_HAND = 2 * CHUNK  # at most so many links has a run: several requests ahead, and little memory
# Of links that are found by their ids: whether the `run` still holds them.
STILL_HELD = bulk_parameters.hidden_from_planner(
    and_(Link.run_id == bindparam("run"), Link.status == Status.IN_PROGRESS)
)
# Links that were charged together with others, or that are to be asked alone.
CAREFUL = and_(Link.attempts > 0, Link.company > 0)

ATTEMPTS = 8  # tries of a link before it fails with the reason of the last one: over ten minutes
COMMON = 2  # so many failures together with others count as tries of a link's own, once it has failed alone
AD_HOC_ATTEMPTS = 3  # fewer, because somebody waits for an ad-hoc run
AD_HOC_FAILURES = 4  # of an ad-hoc run: so many failures together with others end a link
BACKOFF_SECONDS = 5.0  # after the first try; doubled after each further one
LONGEST_BACKOFF_SECONDS = 600.0


class Claimed(NamedTuple):
    """A link that a run works on. `careful`: it may have killed a run, so only its `company` is asked with it."""

    id: int
    post_id: int
    key: str
    access_key: str
    failures: int = 0
    company: int = 0
    careful: bool = False


def claim(engine: Engine, run_id: str, lease: float, limit: int, *, careful: bool = True) -> list[Claimed]:
    """Take up to `limit` waiting links in the order sent, each with all its duplicates.

    Where only such are due as a run has died of before, or as failed alone: one company of them, if `careful`.
    """
    with writing(engine) as connection:
        batch_id = extend_lease(connection, run_id, lease)
        rows, alone = _due(connection, batch_id, run_id, limit, ~CAREFUL), False
        if careful and not rows:
            rows, alone = _company(_due(connection, batch_id, run_id, limit, CAREFUL)), True
        taken = {row.id: row for row in rows}
        if rows:
            dialect = connection.dialect.name
            waiting = (
                Link.duplicate_of.in_(bulk_parameters.ids(dialect)),
                bulk_parameters.hidden_from_planner(Link.status == Status.CREATED),
            )
            copies = _links(batch_id, run_id).where(*waiting)
            firsts = bulk_parameters.parameters(dialect, id=[row.position for row in rows])
            taken.update((row.id, row) for row in connection.execute(copies, firsts))
            values = {"status": Status.IN_PROGRESS, "run_id": run_id, "sent": False}
            taking = update_given(dialect, bulk_parameters.hidden_from_planner(Link.status == Status.CREATED)).values(
                values
            )
            connection.execute(taking, bulk_parameters.parameters(dialect, id=list(taken)))
    return [
        Claimed(row.id, row.post_id, row.key, row.access_key, row.failures, row.company, alone)
        for row in taken.values()
    ]


def _due(connection: Connection, batch_id: int, run_id: str, limit: int, which: ColumnElement[bool]) -> Sequence[Any]:
    due = (Link.status == Status.CREATED, bulk_parameters.hidden_from_planner(and_(Link.not_before <= now(), which)))
    return connection.execute(_links(batch_id, run_id).where(*due).order_by(Link.position).limit(limit)).all()


def _company(rows: Sequence[Any]) -> Sequence[Any]:
    """The first of them and those that may be asked with it."""
    alike = [row for row in rows if row.company == rows[0].company]
    return alike[: rows[0].company] if rows else []


def _links(batch_id: int, run_id: str) -> Select[int, int, int | None, str, str, int, int]:
    """Those of the run's batch and platform that nobody else is about to claim. What else is asked of them must be
    found by an index.
    """
    return (
        select(Link.id, Link.position, Link.post_id, Post.key, Link.access_key, Link.failures, Link.company)
        .join(Post, Post.id == Link.post_id)
        .where(Link.batch_id == batch_id, bulk_parameters.hidden_from_planner(Link.platform == platform_of(run_id)))
        .with_for_update(of=Link, skip_locked=True)
    )


def platform_of(run_id: Any) -> Any:
    return select(Run.platform).where(Run.id == run_id).scalar_subquery()


def mark_sent(connection: Connection, run_id: str, link_ids: Sequence[int], *, sent: bool = True) -> None:
    """Note which links a request is for, just before it leaves. If the process dies now, only these are charged."""
    dialect = connection.dialect.name
    connection.execute(
        _marking(dialect, sent=sent), {"run": run_id, **bulk_parameters.parameters(dialect, id=link_ids)}
    )


@cache
def _marking(dialect: str, *, sent: bool) -> Update:
    return update_given(dialect, STILL_HELD).values(sent=sent)


def charged(reason: ColumnElement[Any], detail: ColumnElement[Any], attempts: int = ATTEMPTS) -> dict[str, Any]:
    """Column values for a link whose try came to nothing: back into the queue for later, or failed after the last."""
    before = Link.attempts + case((Link.failures > COMMON, COMMON), else_=Link.failures)
    last = before + 1 >= attempts
    return _back(last, reason, detail, before) | {"attempts": Link.attempts + 1}


def postponed(reason: ColumnElement[Any], detail: ColumnElement[Any], failures: int | None = None) -> dict[str, Any]:
    """Column values for a link that failed together with others: back into the queue for later, not charged.

    It fails after so many `failures`, or with None by no number of them.
    """
    last = Link.failures + 1 >= failures if failures else literal(value=False)
    before = case((Link.failures > 9, 9), else_=Link.failures)
    return _back(last, reason, detail, before) | {"failures": Link.failures + 1}


def _back(
    last: ColumnElement[bool], reason: ColumnElement[Any], detail: ColumnElement[Any], before: ColumnElement[int]
) -> dict[str, Any]:
    """Failed after the `last` try, else in the queue again, twice as long after each try `before` this one."""
    backoff = BACKOFF_SECONDS * literal(1).bitwise_lshift(before)
    return {
        "status": case((last, Status.FAILED), else_=Status.CREATED),
        "reason": case((last, reason), else_=None),
        "detail": detail,
        "finished_at": case((last, now()), else_=None),
        "run_id": case((last, Link.run_id), else_=None),
        "not_before": now() + case((backoff > LONGEST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS), else_=backoff),
    }


def update_given(dialect: str, condition: ColumnElement[bool]) -> Update:
    """Update those of the given links (a column `id`) that are still so: one statement, however many they are."""
    return (
        update(Link)
        .where(Link.id.in_(bulk_parameters.ids(dialect)), condition)
        .execution_options(synchronize_session=False)
    )


def held_by(run_id: str) -> ColumnElement[bool]:
    return and_(Link.run_id == run_id, Link.status == Status.IN_PROGRESS)


def settle(engine: Engine, run_id: str, lease: float, outcome: str, alarm: str | None = None) -> None:
    """End the run in order: what it has not finished goes back uncharged."""
    with writing(engine) as connection:
        extend_lease(connection, run_id, lease)
        end_in_order(connection, run_id, outcome, alarm)
    wakeup.send(engine)  # its slot is free


def end_in_order(connection: Connection, run_id: str, outcome: str, alarm: str | None = None) -> None:
    release(connection, run_id)
    connection.execute(end(Run.id == run_id, RunState.FINISHED, outcome).values(alarm=alarm))
    line.run_ended(connection, run_id)


def release(connection: Connection, run_id: str) -> None:
    back = {"status": Status.CREATED, "run_id": None, "sent": False}
    connection.execute(update(Link).where(held_by(run_id)).values(back))


def mark_lost(connection: Connection, run_id: str, still: ColumnElement[bool], outcome: str) -> bool:
    """Give a run up if it is `still` so: links whose request may have been on the wire are charged, others are not."""
    if connection.execute(end(and_(Run.id == run_id, still), RunState.LOST, outcome)).rowcount == 0:
        return False
    in_flight = update(Link).where(held_by(run_id), Link.sent.is_(True))
    values = charged(literal(Reason.LOST), literal("")) | {"sent": False, "company": _smaller_company(run_id)}
    connection.execute(in_flight.values(values))
    release(connection, run_id)
    line.run_ended(connection, run_id)
    return True


def _smaller_company(run_id: str) -> Any:
    """A quarter of what was on the wire: one of them may have killed the run, and is alone before its last try."""
    theirs = aliased(Link)
    sent = (theirs.run_id == run_id, theirs.status == Status.IN_PROGRESS, theirs.sent.is_(True))
    return (select(func.count() + 3).select_from(theirs).where(*sent).scalar_subquery()) // 4


def postpone_part(engine: Engine, run_id: str, lease: float, why: str, seconds: float) -> None:
    """Let the run's part of the batch wait for something, such as a paused credential."""
    with writing(engine) as connection:
        batch_id = extend_lease(connection, run_id, lease)
        waiting = {"waiting_for": why, "waiting_until": now() + seconds}
        mine = (Part.batch_id == batch_id, Part.platform == platform_of(run_id))
        connection.execute(update(Part).where(*mine).values(waiting))
