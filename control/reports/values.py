"""Values of posts at moments. One statement finds the two readings around each moment, for many posts at once."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select

from control.reports import aliases, history
from control.reports.history import ASKED_AT
from control.reports.value_at import Reading as Count
from control.reports.value_at import Value, around, value_between
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
    questions = [each._replace(moment=round(each.moment * MICROSECONDS) / MICROSECONDS) for each in questions]
    found = _found(connection, user_id, questions, by)
    return [
        value_between(each.moment, each.published_at, *around(each.moment, found[number]))
        for number, each in enumerate(questions)
    ]


def _found(
    connection: Connection, user_id: str, questions: Sequence[Question], by: type[Link | Placement]
) -> dict[int, list[Count]]:
    """Return, by the questions' numbers, the readings next to each moment: two at most of each id of its post."""
    given = bulk_parameters.parameters(connection.dialect.name, **_given(connection, questions, by))
    rows = connection.execute(_around(connection.dialect.name, by), {"user": user_id, **given}).all()
    counts = _counts(connection, [id_ for row in rows for id_ in (row.before, row.after) if id_])
    found: dict[int, list[Count]] = defaultdict(list)
    for row in rows:
        found[row.number].extend(counts[id_] for id_ in (row.before, row.after) if id_)
    return found


def _given(connection: Connection, questions: Sequence[Question], by: type[Link | Placement]) -> dict[str, list[int]]:
    """Ask each question of each id of its post."""
    posts: dict[int, list[int]] = defaultdict(list)
    for row in aliases.of(connection, by, sorted({each.named_by for each in questions})):
        posts[row.named_by].append(row.post_id)
    asked = [(number, each, post_id) for number, each in enumerate(questions) for post_id in posts[each.named_by]]
    return {
        "number": [number for number, _, _ in asked],
        "named_by": [each.named_by for _, each, _ in asked],
        "post": [post_id for _, _, post_id in asked],
        "moment": [round(each.moment * MICROSECONDS) for _, each, _ in asked],
    }


@cache
def _around(dialect: str, by: type[Link | Placement]) -> Select[*tuple[Any, ...]]:
    given = bulk_parameters.table(dialect, "number", "named_by", "post", "moment")
    moment = given.c.moment / MICROSECONDS
    before = _first(by, given.c.post, Reading.measured_at <= moment, order=Reading.measured_at.desc())
    after = _first(by, given.c.post, Reading.measured_at >= moment, moment <= ASKED_AT, order=Reading.measured_at)
    named = given.join(by, by.id == given.c.named_by)
    return select(given.c.number, before.label("before"), after.label("after")).select_from(named)


def _first(by: type[Link | Placement], post: ColumnElement[int], *which: ColumnElement[bool], order: Any) -> Any:
    theirs = (Reading.post_id == post, Reading.access_key == by.access_key)
    seen = history.seen_by(bindparam("user"))  # type: ignore[arg-type] # a parameter stands for the id
    found = select(Reading.id).where(*theirs, *which, seen).order_by(order).limit(1)
    return found.scalar_subquery()


def _counts(connection: Connection, ids: Sequence[int]) -> dict[int | None, Count]:
    dialect = connection.dialect.name
    columns = (ASKED_AT, Reading.measured_at, Reading.views, Reading.source, Reading.http_status)
    found = select(Reading.id, *columns).where(bulk_parameters.among(dialect, Reading.id))
    rows = connection.execute(found, bulk_parameters.parameters(dialect, id=ids)).all()
    return {row[0]: Count(*row[1:]) for row in rows}
