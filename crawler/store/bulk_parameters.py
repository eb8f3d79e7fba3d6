"""Many rows of integers as one parameter, which the database reads as a table. One statement handles a whole answer."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Subquery,
    Text,
    and_,
    any_,
    bindparam,
    case,
    column,
    false,
    func,
    select,
    true,
)
from sqlalchemy.types import UserDefinedType

Column = Sequence[int | None]
POSTGRESQL = "postgresql"
MICROSECONDS = 1e6  # in a second, because a column of times has to be one of integers


class Array(UserDefinedType[str]):
    """PostgreSQL's array of integers, written by us: SQLAlchemy and psycopg look at each item again."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: object) -> str:
        return "BIGINT[]"


def hidden_from_planner(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the same condition in a form that a query planner cannot use to choose an index.

    Given a list of ids, a planner may decide to go through all links of a run and compare each with each id. SQLite
    always does; PostgreSQL does until it has statistics of the table, and again after its rows have changed much.
    """
    return case((condition, true()), else_=false())


@cache
def table(dialect: str, *names: str) -> Subquery:
    """A table with columns of these names. The statement is executed with their `parameters`."""
    read = _unnested if dialect == POSTGRESQL else _from_json
    return read(names).subquery("given")


def ids(dialect: str) -> Select[int]:
    """A SELECT of the column `id`, for `IN`."""
    return select(table(dialect, "id").c.id)


def among(dialect: str, column: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Whether a key is one of the `ids`. PostgreSQL looks them up one by one, in partitions that may have them."""
    if dialect != POSTGRESQL:
        return column.in_(ids(dialect))
    given = table(dialect, "id").c.id
    least, most = (select(limit(given)).scalar_subquery() for limit in (func.min, func.max))
    return and_(column == any_(bindparam("given_id", type_=Array())), column.between(least, most))


def parameters(dialect: str, **columns: Column) -> dict[str, Any]:
    """Turn columns of equal length into the statement's parameters."""
    if dialect == POSTGRESQL:
        return {f"given_{name}": _array(values) for name, values in columns.items()}
    return {"given": json.dumps(list(zip(*columns.values(), strict=True)), separators=(",", ":"))}


def _array(values: Column) -> str:
    return f"{{{','.join(map(str, values))}}}".replace("None", "NULL")


def _unnested(names: tuple[str, ...]) -> Select[*tuple[int, ...]]:
    arrays = (bindparam(f"given_{name}", type_=Array()) for name in names)
    rows = func.unnest(*arrays).table_valued(*(column(name, BigInteger) for name in names), name="rows")
    return select(*rows.render_derived().c)


def _from_json(names: tuple[str, ...]) -> Select[*tuple[int, ...]]:
    rows = func.json_each(bindparam("given", type_=Text)).table_valued("value", name="rows")
    values = (func.json_extract(rows.c.value, f"$[{place}]", type_=BigInteger) for place in range(len(names)))
    return select(*(value.label(name) for value, name in zip(values, names, strict=True)))
