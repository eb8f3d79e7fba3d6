"""Empty databases to measure on."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests import postgresql
from tests.conftest import execute, migrate

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
NAMES = (SQLITE, POSTGRESQL) if postgresql.binaries() else (SQLITE,)


@contextmanager
def storage(name: str) -> Iterator[str]:
    """The address of a migrated database that keeps what it commits."""
    if name == SQLITE:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "views.db"
            file.write_bytes(_empty_sqlite())
            yield f"sqlite:///{file}"
    else:
        with postgresql.running(postgresql.DURABLE) as server:
            execute(server.address, "CREATE DATABASE views")
            migrate(server.address.format("views"))
            yield server.address.format("views")


@cache
def _empty_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "views.db"
        migrate(f"sqlite:///{file}")
        return file.read_bytes()
