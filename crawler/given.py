"""Many rows of integers as one parameter, read by the database as a table: one statement for a whole answer."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    Text,
    bindparam,
    case,
    column,
    false,
    func,
    select,
    true,
)

Column = Sequence[int | None]
POSTGRESQL = "postgresql"


def still(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition, as one that no database searches by or guesses the rows of.

    Given ids, both may rather go through all that a run holds and compare each with each: SQLite always, PostgreSQL
    until it has counted the table's rows, and again when they have changed.
    """
    return case((condition, true()), else_=false())


@cache
def table(dialect: str, *names: str) -> Subquery:
    """Columns of these names, to be executed with their `parameters`."""
    read = _unnested if dialect == POSTGRESQL else _from_json
    return read(names).subquery("given")


def ids(dialect: str) -> Select[int]:
    """The column `id`, for `IN`."""
    return select(table(dialect, "id").c.id)


def parameters(dialect: str, **columns: Column) -> dict[str, Any]:
    """Columns of equal length, as the statement takes them."""
    if dialect == POSTGRESQL:
        return {f"given_{name}": list(values) for name, values in columns.items()}
    return {"given": json.dumps(list(zip(*columns.values(), strict=True)), separators=(",", ":"))}


def _unnested(names: tuple[str, ...]) -> Select[*tuple[int, ...]]:
    arrays = (bindparam(f"given_{name}", type_=ARRAY(BigInteger)) for name in names)
    rows = func.unnest(*arrays).table_valued(*(column(name, BigInteger) for name in names), name="rows")
    return select(*rows.render_derived().c)


def _from_json(names: tuple[str, ...]) -> Select[*tuple[int, ...]]:
    rows = func.json_each(bindparam("given", type_=Text)).table_valued("value", name="rows")
    values = (func.json_extract(rows.c.value, f"$[{place}]", type_=BigInteger) for place in range(len(names)))
    return select(*(value.label(name) for value, name in zip(values, names, strict=True)))
