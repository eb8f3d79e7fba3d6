"""Rows that a program has, as a table that SQL reads: one statement stores 100,000 in a fraction of so many's time.

They travel as JSON in a single parameter, which both databases unfold.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Connection, TableValuedAlias, column, func, literal


def table(connection: Connection, rows: Sequence[Sequence[Any]]) -> TableValuedAlias:
    """Return a table whose column `value` holds a row each: numbers, None, and text as any database can hold it."""
    unfold = func.json_each if connection.dialect.name == "sqlite" else func.json_array_elements
    return unfold(literal(rows, JSON)).table_valued(column("value", JSON), name="given")
