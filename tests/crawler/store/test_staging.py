"""Rows that PostgreSQL copies, when it goes away meanwhile."""

import pytest
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.exc import OperationalError

from crawler.store import database
from crawler.store.staging import staged

NUMBERS = Table("numbers", MetaData(), Column("number", Integer), prefixes=["TEMPORARY"])


class _Cut:
    """Rows of which the last is never made, because the server ends the connection that they are sent over."""

    def __init__(self, engine, pid):
        self.engine, self.pid = engine, pid

    def __len__(self):
        return 2

    def __iter__(self):
        yield (1,)
        with self.engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({self.pid}, 5000)")
        yield from ((number,) for number in range(100_000))


def test_a_connection_that_is_cut_is_an_error_of_sqlalchemys(postgresql_url):
    engine = database.create(url=postgresql_url)
    with engine.connect() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with pytest.raises(OperationalError), staged(connection, NUMBERS, _Cut(engine, pid)):
            pass
        connection.invalidate()
    engine.dispose()
