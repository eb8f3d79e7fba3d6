"""Somebody keeps the database locked, for a backup perhaps: who asks meanwhile waits, or is asked to come back."""

import time
from contextlib import suppress
from threading import Thread

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from tests.chaos import invariants
from tests.chaos.conftest import address
from tests.chaos.extent import ALL
from tests.chaos.site import site

pytestmark = pytest.mark.process

LOCK = {
    "sqlite": "BEGIN EXCLUSIVE",
    "postgresql": "BEGIN; LOCK TABLE batches, links, runs, readings, users IN ACCESS EXCLUSIVE MODE NOWAIT",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def here(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("locks")
    with site(folder, address(request, request.param, folder)) as started:
        yield started


def taken(connection, lock):
    """All or none: who holds some tables and waits for others may wait for somebody who waits for them."""
    try:
        connection.exec_driver_sql(lock)
    except OperationalError:
        with suppress(OperationalError):
            connection.exec_driver_sql("ROLLBACK")
        return False
    return True


def lock(url, seconds, locked):
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        while not taken(connection, LOCK[engine.dialect.name]):
            time.sleep(0.01)
        locked.append(True)
        time.sleep(seconds)
        connection.exec_driver_sql("COMMIT")
    engine.dispose()


@pytest.mark.parametrize("seconds", (1, 8, 29) if ALL else (1, 8))
def test_nothing_fails_and_nothing_is_lost(here, anna, batch, seconds):
    anna.submit(batch(800))
    locked = []
    holder = Thread(target=lock, args=(here.engine.url, seconds, locked))
    holder.start()
    here.until(lambda: locked, "locked")
    anna.submit(batch())
    holder.join()
    here.until(lambda: not anna.open(), "finished")
    invariants.check(here, [anna])
    assert anna.seen.keys() <= {200, 201, 202, 503}
