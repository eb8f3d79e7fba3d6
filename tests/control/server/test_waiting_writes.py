"""Somebody keeps SQLite's one write lock, for a backup perhaps: reads go on, and writes wait for its end."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from control.server.http_server import WRITERS
from control.web.engine import db
from tests.control.routes.test_tokens import made

MOST_SECONDS = 15  # of a read; a write waits for twice as long
WHO = {"username": "clara", "password": "correct horse"}


@pytest.fixture
def database_url(sqlite_url):
    """PostgreSQL has no such lock."""
    return sqlite_url


@contextmanager
def locked():
    connection = sqlite3.connect(db.engine.url.database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("ROLLBACK")
    connection.close()


def test_a_script_reads_though_its_last_use_cannot_be_written(address, anna):
    token = {"Authorization": f"Bearer {made(anna)['token']}"}
    with locked():
        for _ in range(3):
            assert requests.get(f"{address}/batches", headers=token, timeout=MOST_SECONDS).status_code == 200


def test_reads_go_on_however_many_writes_wait(address, anna):
    assert requests.post(f"{address}/users", json=WHO, timeout=60).status_code == 201
    mine = {"Authorization": anna.environ_base["HTTP_AUTHORIZATION"]}
    with ThreadPoolExecutor(2 * WRITERS) as pool:
        with locked():
            logins = [pool.submit(requests.post, f"{address}/users/login", json=WHO) for _ in range(2 * WRITERS)]
            for path in ("/users/me", "/batches", "/healthz", "/get-bg-tasks"):
                assert requests.get(address + path, headers=mine, timeout=MOST_SECONDS).status_code == 200
            assert not any(each.done() for each in logins)
        assert {each.result().status_code for each in logins} <= {200, 429}
