"""Empty databases to measure on."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests import postgresql
from tests.conftest import execute, migrate

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
NAMES = (SQLITE, POSTGRESQL) if postgresql.binaries() else (SQLITE,)


@contextmanager
def storage(name: str) -> Iterator[str]:
    """The address of a migrated database that keeps what it commits."""
    with _bare(name) as url:
        migrate(url)
        yield url


@contextmanager
def _bare(name: str) -> Iterator[str]:
    if name == SQLITE:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/views.db"
    else:
        with postgresql.running(postgresql.DURABLE) as server:
            execute(server.address, "CREATE DATABASE views")
            yield server.address.format("views")
