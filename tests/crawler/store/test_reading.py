"""What only reads begins no transaction on PostgreSQL, and the connection's next user has one again."""

from contextlib import suppress

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import NotSupportedError

from control.web.problems import of_database
from crawler.store import database
from crawler.store.database import reading, snapshot, writing
from tests.checkout import ROOT

OFTEN = 7  # from the sixth time on psycopg has a statement prepared
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 42%'"
MAY_CONNECT = {"crawler/store/database.py", "control/migrations/env.py"}


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


@pytest.mark.parametrize("way", [reading, snapshot])
def test_a_statement_is_prepared_once(server, way):
    for _ in range(OFTEN):
        with way(server) as connection:
            connection.execute(text("SELECT 42"))
    with reading(server) as connection:
        assert connection.execute(text(PREPARED)).scalar_one() == 1


def test_a_statement_that_has_other_columns_fails_once(server, postgresql_url):
    migrating = database.create(url=postgresql_url)
    with writing(migrating) as connection:
        connection.execute(text("CREATE TABLE changing AS SELECT 1 AS number"))
    for _ in range(OFTEN):
        with reading(server) as connection:
            connection.execute(text("SELECT * FROM changing"))
    with writing(migrating) as connection:
        connection.execute(text("ALTER TABLE changing ALTER number TYPE text"))
    migrating.dispose()
    with pytest.raises(NotSupportedError, match="cached plan") as failed, reading(server) as connection:
        connection.execute(text("SELECT * FROM changing"))
    assert of_database(failed.value).status == 503
    with reading(server) as connection:
        assert connection.execute(text("SELECT * FROM changing")).scalar_one() == "1"


def test_nothing_reads_in_a_way_that_forgets_what_is_prepared():
    files = (file for room in ("control", "crawler") for file in (ROOT / room).rglob("*.py"))
    connecting = {str(file.relative_to(ROOT)) for file in files if ".connect()" in file.read_text()}
    assert connecting == MAY_CONNECT
