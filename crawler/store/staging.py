"""Rows of the program as a temporary table that SQL can read. One statement then stores many rows, which is fast."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable, DropTable


@contextmanager
def staged(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> Iterator[None]:
    """Create the temporary table and fill it; each row has the order of its columns. It exists within the context."""
    connection.execute(CreateTable(table))
    if rows and connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({places})", list(rows))  # noqa: S608
    elif rows:
        _copy(connection, table, rows)
    yield
    connection.execute(DropTable(table))


def _copy(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Send the rows by COPY, each as soon as it is made: https://www.psycopg.org/psycopg3/docs/basic/copy.html.

    SQLAlchemy knows nothing of COPY, so we turn the driver's errors into its own, for which everybody is prepared.
    """
    driver: Any = connection.connection.driver_connection
    statement, errors = f"COPY {table.name} FROM STDIN", connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except errors as error:
        raise DBAPIError.instance(statement, None, error, errors, dialect=connection.dialect) from error
