"""No lock without an end: whoever is cut off with one in hand keeps nobody else from working for long."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from control.scheduler.rescue import rescue
from crawler.store import database
from crawler.store.models.runs import Run, RunState
from crawler.store.postgresql_limits import THEIRS, has_pooler
from tests.seed import seed


@pytest.fixture
def server(postgresql_url):
    engine = database.create(url=postgresql_url)
    yield engine
    engine.dispose()


def shown(engine, name):
    with engine.connect() as connection:
        return connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar_one()


def test_a_connection_has_limits(server):
    assert shown(server, "lock_timeout") == THEIRS["lock_timeout"]
    assert shown(server, "idle_in_transaction_session_timeout") == THEIRS["idle_in_transaction_session_timeout"]


def test_the_address_wins(postgresql_url):
    engine = database.create(url=f"{postgresql_url}&options=-c%20lock_timeout%3D7s")
    assert shown(engine, "lock_timeout") == "7s"
    engine.dispose()


def test_a_pooler_is_sent_no_options(postgresql_url, monkeypatch):
    monkeypatch.setenv("DATABASE_POOLER", "on")
    engine = database.create(url=postgresql_url)
    assert shown(engine, "lock_timeout") == "0"
    with engine.connect() as connection:
        for _ in range(10):  # psycopg prepares what comes often
            connection.exec_driver_sql("SELECT 1")
        assert not connection.exec_driver_sql("SELECT 1 FROM pg_prepared_statements").all()
    engine.dispose()


def test_a_pooler_is_on_or_off(monkeypatch):
    monkeypatch.setenv("DATABASE_POOLER", "perhaps")
    with pytest.raises(ValueError, match="DATABASE_POOLER must be on or off"):
        has_pooler()


def test_a_lock_that_is_not_had_is_an_error(server):
    with server.begin() as holder, server.connect() as other:
        holder.exec_driver_sql("LOCK TABLE runs")
        other.exec_driver_sql("SET lock_timeout = '10ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            other.exec_driver_sql("LOCK TABLE runs")


def test_a_server_that_takes_no_writes_any_more_is_left(server):
    with server.connect() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = on")
        connection.commit()
        with pytest.raises(DBAPIError) as caught:
            connection.execute(update(Run).values(node="x"))
        assert caught.value.connection_invalidated
    with server.begin() as connection:
        connection.execute(update(Run).values(node="x"))


def test_one_run_that_somebody_holds_keeps_no_other_from_its_rescue(server):
    held, free = overdue(server), overdue(server)
    with server.begin() as cut_off:
        cut_off.execute(select(Run).where(Run.id == held).with_for_update())
        assert rescue(server) == [free]
    assert rescue(server) == [held]


def overdue(engine):
    """A running run whose lease is over."""
    run = seed(engine, ["wall-1_2"])
    with engine.begin() as connection:
        connection.execute(update(Run).where(Run.id == run).values(state=RunState.RUNNING, lease_until=0))
    return run
