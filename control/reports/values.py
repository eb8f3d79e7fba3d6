"""Values of posts at moments. One statement finds the two readings around each moment, for many posts at once."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Subquery, bindparam, select
from sqlalchemy.orm import aliased

from control.reports import aliases, history
from control.reports.aliases import Aliases
from control.reports.history import asked_at
from control.reports.value_at import Reading as Count
from control.reports.value_at import Value, around, value_between
from crawler.store import bulk_parameters
from crawler.store.bulk_parameters import MICROSECONDS
from crawler.store.lookup import looked_up, once
from crawler.store.models.batches import Link
from crawler.store.models.campaigns import Placement
from crawler.store.models.posts import Reading

BEFORE, AFTER = aliased(Reading), aliased(Reading)
Pair = tuple[Count | None, Count | None]  # the readings before and after a moment
CELLS = len(Count._fields)


class Question(NamedTuple):
    """A moment of the post that a link or a placement of the user's names; times are seconds since 1970."""

    named_by: int
    published_at: float | None
    moment: float


def ask(
    connection: Connection,
    user_id: str,
    questions: Sequence[Question],
    by: type[Link | Placement] = Link,
    same: Aliases | None = None,
) -> list[Value]:
    """Return the value for each, in their order. `same` has the rows of their posts, where the caller knows them."""
    if not questions:
        return []
    if same is None:
        same = aliases.of(connection, by, sorted({each.named_by for each in questions}))
    micros = [round(each.moment * MICROSECONDS) for each in questions]
    found = _found(connection, user_id, by, _given(questions, micros, same))
    return [
        value_between(micro / MICROSECONDS, each.published_at, *_nearest(micro / MICROSECONDS, found[number]))
        for number, (each, micro) in enumerate(zip(questions, micros, strict=True))
    ]


def _found(
    connection: Connection, user_id: str, by: type[Link | Placement], given: dict[str, list[int]]
) -> dict[int, list[Pair]]:
    """Return, by the questions' numbers, the readings next to each moment: a pair for each id of its post."""
    dialect = connection.dialect.name
    parameters = {"user": user_id, **bulk_parameters.parameters(dialect, **given)}
    found: dict[int, list[Pair]] = defaultdict(list)
    for number, *cells in connection.execute(_around(dialect, by), parameters):
        found[number].append((_made(cells[:CELLS]), _made(cells[CELLS:])))
    return found


def _made(cells: Sequence[Any]) -> Count | None:
    return None if cells[0] is None else Count._make(cells)


def _nearest(moment: float, pairs: Sequence[Pair]) -> Pair:
    return pairs[0] if len(pairs) == 1 else around(moment, [each for pair in pairs for each in pair if each])


def _given(questions: Sequence[Question], micros: Sequence[int], same: Aliases) -> dict[str, list[int]]:
    """Ask each question, with its moment in microseconds, of each id of its post."""
    posts: dict[int, list[int]] = defaultdict(list)
    for row in same:
        posts[row.named_by].append(row.post_id)
    asked = [(number, each, post_id) for number, each in enumerate(questions) for post_id in posts[each.named_by]]
    return {
        "number": [number for number, _, _ in asked],
        "named_by": [each.named_by for _, each, _ in asked],
        "post": [post_id for _, _, post_id in asked],
        "moment": [micros[number] for number, _, _ in asked],
    }


@cache
def _around(dialect: str, by: type[Link | Placement]) -> Select[*tuple[Any, ...]]:
    given = bulk_parameters.table(dialect, "number", "named_by", "post", "moment")
    moment = given.c.moment / MICROSECONDS
    before = _first(given, by, Reading.measured_at <= moment, order=Reading.measured_at.desc())
    after = _first(given, by, Reading.measured_at >= moment, moment <= asked_at(), order=Reading.measured_at)
    named = given.join(by, by.id == given.c.named_by)
    ids = once(select(given.c.number, before.label("before"), after.label("after")).select_from(named))
    found = select(ids.c.number, *_count(BEFORE), *_count(AFTER)).select_from(ids)
    found = found.outerjoin(BEFORE, looked_up(BEFORE.id, ids.c.before))
    return found.outerjoin(AFTER, looked_up(AFTER.id, ids.c.after))


def _first(given: Subquery, by: type[Link | Placement], *which: ColumnElement[bool], order: Any) -> Any:
    theirs = (Reading.post_id == given.c.post, Reading.access_key == by.access_key)
    seen = history.seen_by(bindparam("user"))  # type: ignore[arg-type] # a parameter stands for the id
    found = select(Reading.id).where(*theirs, *which, seen).order_by(order).limit(1)
    return found.scalar_subquery()


def _count(reading: type[Reading]) -> tuple[ColumnElement[Any], ...]:
    """Return the fields of a `Count`."""
    return asked_at(reading), *(getattr(reading, name) for name in ("measured_at", "views", "source", "http_status"))
