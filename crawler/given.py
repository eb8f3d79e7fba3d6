"""Many rows of integers as one parameter, read by the database as a table: one statement for a whole answer."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Connection, Select, Subquery, Text, column, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Column = Sequence[int | None]


class unindexed(FunctionElement[str]):  # noqa: N801 - it reads as the SQL function it could be
    """A column that SQLite must not search by: given ids, it would go through all that a run holds, for each of them.

    https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_plus
    """

    type = Text()
    inherit_cache = True


@compiles(unindexed)
def _as_it_is(element: unindexed, compiler: SQLCompiler, **kwargs: Any) -> str:
    return compiler.process(element.clauses.clauses[0], **kwargs)


@compiles(unindexed, "sqlite")
def _with_plus(element: unindexed, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"+{_as_it_is(element, compiler, **kwargs)}"


def table(connection: Connection, **columns: Column) -> Subquery:
    """Columns of equal length as a table of these names."""
    read = _unnested if connection.dialect.name == "postgresql" else _from_json
    return read(columns).subquery("given")


def ids(connection: Connection, given: Column) -> Select[int]:
    """For `IN`."""
    return select(table(connection, id=given).c.id)


def _unnested(columns: dict[str, Column]) -> Select[*tuple[int, ...]]:
    arrays = (literal(list(values), ARRAY(BigInteger)) for values in columns.values())
    rows = (
        func.unnest(*arrays).table_valued(*(column(name, BigInteger) for name in columns), name="rows").render_derived()
    )
    return select(*(rows.c[name] for name in columns))


def _from_json(columns: dict[str, Column]) -> Select[*tuple[int, ...]]:
    text = json.dumps(list(zip(*columns.values(), strict=True)), separators=(",", ":"))
    rows = func.json_each(text).table_valued("value", name="rows")
    values = (func.json_extract(rows.c.value, f"$[{place}]", type_=BigInteger) for place in range(len(columns)))
    return select(*(value.label(name) for value, name in zip(values, columns, strict=True)))
