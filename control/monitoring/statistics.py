"""Counts for `/metrics`. Several processes do the work, so the counts are read from the database when asked for.

What is over is added up in totals; what is open is counted. The links of all open batches and of the last hour may be
many, so whoever calls `links` should remember the result. All other counts read a few rows or an index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Engine, Select, case, cast, func, select, union, union_all

from control.times import DAY_SECONDS
from crawler.store.database import MOMENT, now, reading
from crawler.store.models.batches import Batch, Link
from crawler.store.models.runs import AnswerCount, Budget, Run
from crawler.store.models.totals import LinkTotal, RunTotal

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
    """Add the totals to what is counted of batches that are open, or were closed a moment ago."""
    kinds = (Link.platform, Link.status, func.coalesce(Link.reason, "").label("reason"))
    uncounted = Link.batch_id.in_(select(Batch.id).where(Batch.counted_at.is_(None)))
    counted = select(*kinds, func.count().label("links")).where(uncounted).group_by(*kinds)
    totals = select(LinkTotal.platform, LinkTotal.status, LinkTotal.reason, LinkTotal.links)
    return Links(_rows(engine, _sums(counted, totals)), _link_durations(engine))


def _sums(*parts: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Add up rows of kinds and a number. What is gone has no row."""
    *kinds, number = union_all(*parts).subquery().columns
    total = cast(func.sum(number), BigInteger)
    return select(*kinds, total).group_by(*kinds).having(total != 0)


def _link_durations(engine: Engine) -> Durations:
    """Measure from the acceptance of a batch to the end of each of its links. Only batches that may have links that
    ended within the hour are read. Links that were refused when the batch was accepted do not count.
    """
    recent = MOMENT - WINDOW_SECONDS
    uncounted, counted = Batch.counted_at.is_(None), Batch.counted_at.is_not(None)  # each has its index
    at_work = union(select(Batch.id).where(uncounted), select(Batch.id).where(counted, Batch.closed_at > recent))
    ended = (Link.batch_id.in_(at_work), Link.finished_at > recent, Link.post_id.is_not(None))
    return _durations(engine, Link.finished_at - Batch.created_at, Link.batch_id == Batch.id, *ended)


def run_durations(engine: Engine) -> Durations:
    return _durations(engine, Run.finished_at - Run.started_at, Run.finished_at > MOMENT - WINDOW_SECONDS)


def _durations(engine: Engine, seconds: ColumnElement[Any], *which: ColumnElement[bool]) -> Durations:
    within = (func.coalesce(func.sum(case((seconds <= bucket, 1), else_=0)), 0) for bucket in BUCKETS)
    statement = select(func.count(seconds), func.coalesce(func.sum(seconds), 0.0), *within).where(*which)
    number, total, *numbers = _rows(engine, statement)[0]
    return Durations(tuple(numbers), number, total)


def runs(engine: Engine) -> Rows:
    kinds = (Run.platform, Run.state, func.coalesce(Run.outcome, "").label("outcome"))
    active = select(*kinds, func.count().label("runs")).where(Run.finished_at.is_(None)).group_by(*kinds)
    totals = select(RunTotal.platform, RunTotal.state, RunTotal.outcome, RunTotal.runs)
    return _rows(engine, _sums(active, totals))


def open_batches(engine: Engine) -> int:
    number: int = _rows(engine, select(func.count()).where(Batch.closed_at.is_(None)))[0][0]
    return number


def budgets(engine: Engine) -> Rows:
    """Read for each budget the seconds until its next free slot and until its pause ends. Below 0: in the past."""
    return _rows(engine, select(Budget.key, Budget.next_at - now(), Budget.paused_until - now()))


def answers(engine: Engine) -> Rows:
    return _rows(engine, select(AnswerCount.platform, AnswerCount.code, AnswerCount.count))


def _rows(engine: Engine, statement: Select[*tuple[Any, ...]]) -> Rows:
    with reading(engine) as connection:
        return connection.execute(statement).all()
