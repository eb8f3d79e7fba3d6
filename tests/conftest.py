import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine

from crawler import database
from tests import postgresql

ROOT = Path(__file__).resolve().parents[1]


def migrate(url, *command):
    """Run Alembic as the operator does, in a process of its own."""
    environment = os.environ | {"SQLALCHEMY_DATABASE_URL": str(url)}
    alembic = [sys.executable, "-m", "alembic", *(command or ("upgrade", "head"))]
    return subprocess.run(alembic, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory):
    """A migrated, empty SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "views.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgresql_server():
    if postgresql.binaries() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL's server is not installed")
    with postgresql.running() as server:
        yield server.address


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server):
    """A migrated, empty database named `template`, to be copied."""
    execute(postgresql_server, "CREATE DATABASE template")
    migrate(postgresql_server.format("template"))
    return postgresql_server


def execute(server, statement):
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture
def sqlite_url(migrated_sqlite, tmp_path):
    """The address of a migrated database of this test's own."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'views.db')}"


@pytest.fixture
def postgresql_url(migrated_postgresql):
    name = f"test_{uuid4().hex}"
    execute(migrated_postgresql, f"CREATE DATABASE {name} TEMPLATE template")
    return migrated_postgresql.format(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def engine(database_url):
    engine = database.create(url=database_url)
    yield engine
    engine.dispose()
