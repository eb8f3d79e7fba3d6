"""Somebody keeps the database locked, for a backup perhaps: who asks meanwhile waits, or is asked to come back."""

import time
from threading import Thread

import pytest
from sqlalchemy import create_engine

from tests.chaos import invariants
from tests.chaos.extent import ALL
from tests.chaos.site import site

LOCK = {
    "sqlite": "BEGIN EXCLUSIVE",
    "postgresql": "BEGIN; LOCK TABLE batches, links, runs, readings, users IN ACCESS EXCLUSIVE MODE",
}


@pytest.fixture
def here(tmp_path, empty_url):
    with site(tmp_path, empty_url) as started:
        yield started


def lock(url, seconds, locked):
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(LOCK[engine.dialect.name])
        locked.append(True)
        time.sleep(seconds)
        connection.exec_driver_sql("COMMIT")
    engine.dispose()


@pytest.mark.parametrize("seconds", (1, 8, 29) if ALL else (1, 8))
def test_nothing_fails_and_nothing_is_lost(here, anna, batch, empty_url, seconds):
    anna.submit(batch(800))
    locked = []
    holder = Thread(target=lock, args=(empty_url, seconds, locked))
    holder.start()
    here.until(lambda: locked, "locked")
    anna.submit(batch())
    holder.join()
    here.until(lambda: not anna.open(), "finished")
    invariants.check(here, [anna])
    assert anna.seen.keys() <= {200, 201, 202, 503}
