"""What only reads begins no transaction on PostgreSQL, and the connection's next user has one again."""

from contextlib import suppress

import pytest
from sqlalchemy import inspect, text

from crawler.store import database
from crawler.store.database import reading, writing


@pytest.fixture
def server(postgresql_url):
    engine = database.create(url=postgresql_url)
    yield engine
    engine.dispose()


def test_each_statement_is_by_itself(server):
    with reading(server) as connection:
        first, second = (connection.execute(text("SELECT transaction_timestamp()")).scalar_one() for _ in range(2))
    assert first < second


def test_who_writes_next_has_a_transaction(server):
    with reading(server) as connection:
        connection.execute(text("SELECT 1"))
    with suppress(ZeroDivisionError), writing(server) as connection:
        connection.execute(text("CREATE TABLE unfinished (id INTEGER)"))
        raise ZeroDivisionError
    assert not inspect(server).has_table("unfinished")
