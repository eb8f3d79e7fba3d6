"""What leads a planner: to look rows up one by one, and to plan a range by its ends."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Subquery, bindparam, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType


class looked_up(FunctionElement[bool]):  # noqa: N801 - it reads like the SQL that it is
    """Whether an indexed column equals a value. PostgreSQL then asks the index for each value.

    For a plain `=` it may read the whole table instead. It does so where a table has partitions, because it reckons
    with all of them for each value and does not know that a value leads to one.
    """

    type = NullType()  # type: ignore[assignment] # SQLAlchemy compares a Boolean with 1 on SQLite: no index would do
    inherit_cache = True


@compiles(looked_up, "sqlite")
def _sqlite_looked_up(element: looked_up, compiler: SQLCompiler, **given: Any) -> str:
    column, value = (compiler.process(each, **given) for each in element.clauses)
    return f"{column} = {value}"


@compiles(looked_up, "postgresql")
def _postgresql_looked_up(element: looked_up, compiler: SQLCompiler, **given: Any) -> str:
    column, value = (compiler.process(each, **given) for each in element.clauses)
    return f"{column} = ANY (ARRAY[{value}])"


def end_of_range(value: float) -> BindParameter[float]:
    """A value that stands in the statement itself, so that it is planned by it. A statement that comes often may get a
    plan for any values, and for these PostgreSQL expects one row in a range: it then reads and sorts all that is in it.
    """
    return bindparam(None, value, literal_execute=True)


def once(found: Select[*tuple[Any, ...]]) -> Subquery:
    """Find these rows first. Without an OFFSET PostgreSQL would put what is asked of each row where it is used, which
    is twice where a table has partitions: to choose one, and in it.
    """
    return found.offset(literal_column("0")).subquery("found")


def has_row(found: Select[*tuple[Any, ...]]) -> ColumnElement[bool]:
    """Whether a subquery finds a row. With an OFFSET PostgreSQL looks for it by an index. Without one it may read all
    rows first, to make a table in which it then looks once: it does not see that LIMIT asks for few.
    """
    return found.offset(literal_column("0")).exists()
