"""The numbers of placements: their views at the plan's ages, what they grew in a day, and what is measured next."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from control.campaigns import coming, own_columns
from control.campaigns.plan import Due, Plan
from control.reports import values
from control.reports.value_at import Basis, Value
from control.reports.values import Question
from control.times import DAY_SECONDS
from crawler.store.database import read_clock
from crawler.store.models.campaigns import Placement


class Growth(NamedTuple):
    """Views gained from a day before the last reading until that one. `basis` is that of the count a day before."""

    since: float
    views: int
    low: int | None
    high: int | None
    basis: Basis


class Numbers(NamedTuple):
    """A placement, a row of `listing`. `own` are its user's own columns, `at_ages` the views by ages it has reached."""

    row: Row[Any]
    own: dict[str, str]
    due: Due | None
    at_ages: dict[float, Value]
    growth: Growth | None


class Asked(NamedTuple):
    """A question of a row's views: at an age that its post has reached, or, without one, a day before."""

    row: Row[Any]
    age: float | None
    question: Question


def read(connection: Connection, campaign: Row[Any], rows: Sequence[Row[Any]]) -> list[Numbers]:
    """Find them for these rows, in their order."""
    own = own_columns.cells(connection, campaign.id, [row.id for row in rows])
    due = coming.find(connection, campaign, rows)
    plan, now = Plan.from_json(campaign.plan), read_clock(connection)
    asked = [*_at_ages(rows, plan, now), *_a_day_before(rows)]
    found = values.ask(connection, campaign.user_id, [each.question for each in asked], Placement)
    at_ages: dict[int, dict[float, Value]] = {row.id: {} for row in rows}
    growth: dict[int, Growth | None] = {}
    for (row, age, question), value in zip(asked, found, strict=True):
        if age is None:
            growth[row.id] = _growth(row.views, question.moment, value)
        else:
            at_ages[row.id][age] = value
    return [Numbers(row, own.get(row.id, {}), due.get(row.id), at_ages[row.id], growth.get(row.id)) for row in rows]


def _at_ages(rows: Sequence[Row[Any]], plan: Plan, now: float) -> Iterator[Asked]:
    for row in rows:
        if row.post_id is not None and row.published_at is not None:
            for age in plan.ages:
                if row.published_at + age <= now:
                    yield Asked(row, age, Question(row.id, row.published_at, row.published_at + age))


def _a_day_before(rows: Sequence[Row[Any]]) -> Iterator[Asked]:
    for row in rows:
        if row.measured_at is not None:
            yield Asked(row, None, Question(row.id, row.published_at, row.measured_at - DAY_SECONDS))


def _growth(views: int, since: float, then: Value) -> Growth | None:
    if then.value is None or then.basis == Basis.AT_MOST:
        return None
    low = None if then.high is None else views - then.high
    high = None if then.low is None else views - then.low
    return Growth(since, views - then.value, low, high, then.basis)
