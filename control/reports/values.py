"""Values of posts at moments. One statement finds the two readings around each moment, for many posts at once."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select

from control.reports import history
from control.reports.history import ASKED_AT
from control.reports.value_at import Reading as Count
from control.reports.value_at import Value, value_between
from crawler.store import bulk_parameters
from crawler.store.bulk_parameters import MICROSECONDS
from crawler.store.models.batches import Link
from crawler.store.models.campaigns import Placement
from crawler.store.models.posts import Reading


class Question(NamedTuple):
    """A moment of the post that a link or a placement of the user's names; times are seconds since 1970."""

    named_by: int
    published_at: float | None
    moment: float


def ask(
    connection: Connection, user_id: str, questions: Sequence[Question], by: type[Link | Placement] = Link
) -> list[Value]:
    """Return the value for each, in their order."""
    if not questions:
        return []
    dialect = connection.dialect.name
    given = bulk_parameters.parameters(
        dialect,
        number=range(len(questions)),
        named_by=[each.named_by for each in questions],
        moment=[round(each.moment * MICROSECONDS) for each in questions],
    )
    around = {row.number: row for row in connection.execute(_around(dialect, by), {"user": user_id, **given})}
    counts = _counts(connection, [id_ for row in around.values() for id_ in (row.before, row.after) if id_])
    return [
        value_between(each.moment, each.published_at, counts.get(row.before), counts.get(row.after))
        for number, each in enumerate(questions)
        for row in [around[number]]
    ]


@cache
def _around(dialect: str, by: type[Link | Placement]) -> Select[*tuple[Any, ...]]:
    given = bulk_parameters.table(dialect, "number", "named_by", "moment")
    moment = given.c.moment / MICROSECONDS
    before = _first(by, Reading.measured_at <= moment, order=Reading.measured_at.desc())
    after = _first(by, Reading.measured_at >= moment, moment <= ASKED_AT, order=Reading.measured_at)
    named = given.join(by, by.id == given.c.named_by)
    return select(given.c.number, before.label("before"), after.label("after")).select_from(named)


def _first(by: type[Link | Placement], *which: ColumnElement[bool], order: Any) -> Any:
    theirs = (Reading.post_id == by.post_id, Reading.access_key == by.access_key)
    seen = history.seen_by(bindparam("user"))  # type: ignore[arg-type] # a parameter stands for the id
    found = select(Reading.id).where(*theirs, *which, seen).order_by(order).limit(1)
    return found.scalar_subquery()


def _counts(connection: Connection, ids: Sequence[int]) -> dict[int | None, Count]:
    dialect = connection.dialect.name
    found = select(Reading.id, ASKED_AT, Reading.measured_at, Reading.views)
    rows = connection.execute(
        found.where(Reading.id.in_(bulk_parameters.ids(dialect))), bulk_parameters.parameters(dialect, id=ids)
    )
    return {id_: Count(asked_at, answered_at, views) for id_, asked_at, answered_at, views in rows}
