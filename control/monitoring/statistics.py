"""Counts for `/metrics`. Several processes do the work, so the counts are read from the database when asked for.

Counting all links takes long, so whoever calls `links` should remember the result. All other counts read a few rows or
an index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, case, func, or_, select

from control.times import DAY_SECONDS
from crawler.store.database import now
from crawler.store.models.batches import Batch, Link
from crawler.store.models.runs import AnswerCount, Budget, Run

WINDOW_SECONDS = 3600.0
BUCKETS = (1, 5, 15, 60, 300, 900, 3600, 14_400, DAY_SECONDS)  # seconds

Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Durations:
    """Durations of the last hour: how many were no longer than each of BUCKETS, how many there were, and their sum."""

    within: tuple[int, ...]
    number: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Links:
    """The counts that take long."""

    by_status: Rows
    durations: Durations


def links(engine: Engine) -> Links:
    counted = select(Link.platform, Link.status, func.coalesce(Link.reason, ""), func.count())
    return Links(_rows(engine, counted.group_by(Link.platform, Link.status, Link.reason)), _link_durations(engine))


def _link_durations(engine: Engine) -> Durations:
    """Measure from the acceptance of a batch to the end of each of its links. Only batches that may have links that
    ended within the hour are read. Links that were refused when the batch was accepted do not count.
    """
    recent = now() - WINDOW_SECONDS
    at_work = select(Batch.id).where(or_(Batch.closed_at.is_(None), Batch.closed_at > recent))
    ended = (Link.batch_id.in_(at_work), Link.finished_at > recent, Link.post_id.is_not(None))
    return _durations(engine, Link.finished_at - Batch.created_at, Link.batch_id == Batch.id, *ended)


def run_durations(engine: Engine) -> Durations:
    return _durations(engine, Run.finished_at - Run.started_at, Run.finished_at > now() - WINDOW_SECONDS)


def _durations(engine: Engine, seconds: ColumnElement[Any], *which: ColumnElement[bool]) -> Durations:
    within = (func.coalesce(func.sum(case((seconds <= bucket, 1), else_=0)), 0) for bucket in BUCKETS)
    statement = select(func.count(seconds), func.coalesce(func.sum(seconds), 0.0), *within).where(*which)
    number, total, *numbers = _rows(engine, statement)[0]
    return Durations(tuple(numbers), number, total)


def runs(engine: Engine) -> Rows:
    counted = select(Run.platform, Run.state, func.coalesce(Run.outcome, ""), func.count())
    return _rows(engine, counted.group_by(Run.platform, Run.state, Run.outcome))


def open_batches(engine: Engine) -> int:
    number: int = _rows(engine, select(func.count()).where(Batch.closed_at.is_(None)))[0][0]
    return number


def budgets(engine: Engine) -> Rows:
    """Read for each budget the seconds until its next free slot and until its pause ends. Below 0: in the past."""
    return _rows(engine, select(Budget.key, Budget.next_at - now(), Budget.paused_until - now()))


def answers(engine: Engine) -> Rows:
    return _rows(engine, select(AnswerCount.platform, AnswerCount.code, AnswerCount.count))


def _rows(engine: Engine, statement: Select[*tuple[Any, ...]]) -> Rows:
    with engine.connect() as connection:
        return connection.execute(statement).all()
