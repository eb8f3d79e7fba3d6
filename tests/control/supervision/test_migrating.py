"""Processes that bring one database up to date at once, as hosts do that start together."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, text

from tests.conftest import ROOT, execute

HOSTS = 5
NAME = "migrated_at_once"


@pytest.fixture
def empty_url(postgresql_server):
    """A database without a table."""
    execute(postgresql_server, f"DROP DATABASE IF EXISTS {NAME}")
    execute(postgresql_server, f"CREATE DATABASE {NAME}")
    return postgresql_server.format(NAME)


def prepare(url):
    command = [sys.executable, "-m", "control.supervision.prepare"]
    environment = os.environ | {"SQLALCHEMY_DATABASE_URL": url}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.process
def test_hosts_that_start_at_once_on_an_empty_database_all_start(empty_url):
    processes = [prepare(empty_url) for _ in range(HOSTS)]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * HOSTS, "\n".join(said)
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    engine.dispose()
