"""One database for all processes: its address, its engines, its clock."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Double, Engine, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from crawler.environment import ROOT, VAR

BUSY_MILLISECONDS = 30_000
DISK_FULL = "53100"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


class now(FunctionElement[float]):  # noqa: N801 - it reads as the SQL function it is
    """Seconds since 1970 on the database's clock (on SQLite that is the host's), also inside a long transaction."""

    type = Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _sqlite_now(_element: now, _compiler: SQLCompiler, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _postgresql_now(_element: now, _compiler: SQLCompiler, **_: Any) -> str:
    return "extract(epoch from clock_timestamp())::double precision"


def database_url() -> URL:
    """Read `SQLALCHEMY_DATABASE_URL`; a relative SQLite path counts from the project, whatever the process's directory.

    Raises ValueError where the address is none of SQLite or PostgreSQL.
    """
    given = os.environ.get("SQLALCHEMY_DATABASE_URL") or f"sqlite:///{VAR / 'views.db'}"
    try:
        url = make_url(given)
    except ArgumentError:
        raise ValueError("SQLALCHEMY_DATABASE_URL is not a database address such as sqlite:///var/views.db") from None
    if url.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise ValueError(f"SQLALCHEMY_DATABASE_URL must name SQLite or PostgreSQL, not {url.drivername}")
    if url.database in {None, "", ":memory:"}:
        raise ValueError("SQLALCHEMY_DATABASE_URL must name a file: several processes share the database")
    return url.set(database=str(ROOT / str(url.database)))


def create(synchronous: str = "NORMAL", url: URL | str | None = None) -> Engine:
    """Create this process's engine, for the one shared database unless another `url` is given.

    A connection that a restart of PostgreSQL has cut is replaced before it is used.
    """
    return tune(create_engine(url or database_url(), pool_pre_ping=True), synchronous)


def tune(engine: Engine, synchronous: str) -> Engine:
    """Set up an SQLite engine; another one is left as it is.

    `synchronous` is `FULL` where a commit is a promise (the API), `NORMAL` where a lost one would be repaired by
    fetching again. Transactions are begun by us, for Python's own begin comes too late to choose the lock.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _keep_private)
        event.listen(engine, "connect", lambda connection, _: _pragmas(connection, synchronous))
        event.listen(engine, "begin", _begin)
    return engine


def _keep_private(_dialect: Any, _record: Any, arguments: list[str], _: Any) -> None:
    """Make the file its owner's only, whatever the umask; SQLite gives its other files the same mode.

    A file that is there must not be opened for that: closing it would take away the locks that this process has on it
    (https://www.sqlite.org/howtocorrupt.html, 2.2). What cannot be done, connecting tells better.
    """
    if arguments[0] == ":memory:":
        return
    with suppress(OSError):
        Path(arguments[0]).touch(0o600, exist_ok=False)
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            Path(arguments[0] + suffix).chmod(0o600)


def _pragmas(connection: sqlite3.Connection, synchronous: str) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA synchronous = {synchronous}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def is_full(error: BaseException) -> bool:
    """Whether the database failed for lack of room on its disk."""
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(cause, "sqlstate", "") == DISK_FULL


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may read before it writes.

    SQLite takes the write lock at its start: a transaction that reads first and is overtaken by another writer cannot
    become a writer any more, and no timeout helps (https://www.sqlite.org/isolation.html, SQLITE_BUSY_SNAPSHOT).
    """
    with engine.connect() as connection, connection.execution_options(writes=True).begin():
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Several statements that read one moment's state, whatever others commit meanwhile; on SQLite all do so."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def hurry(connection: Connection) -> None:
    """Let this transaction be over before it is on PostgreSQL's disk, as `NORMAL` does on SQLite's.

    For what costs nothing when it is lost: only the end of the database's own machine or process loses it.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def upsert(connection: Connection, table: Any) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT: both databases do, in the same words, but SQLAlchemy spells it by dialect."""
    return upsert_of(connection.dialect.name, table)


def upsert_of(dialect: str, table: Any) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
