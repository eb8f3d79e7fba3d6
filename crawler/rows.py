"""Rows that a program has, as a table that SQL reads: one statement stores 100,000 in a fraction of so many's time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.schema import CreateTable, DropTable


@contextmanager
def staged(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> Iterator[None]:
    """Fill this temporary table, in the order of its columns. It is there for as long as the context lasts."""
    connection.execute(CreateTable(table))
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({places})", list(rows))  # noqa: S608
    else:
        _copy(connection, table, rows)
    yield
    connection.execute(DropTable(table))


def _copy(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Do as https://www.psycopg.org/psycopg3/docs/basic/copy.html: the rows are sent as they are made."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
