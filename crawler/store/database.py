"""One database for all processes: its address, its engines, its clock."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Connection, Double, Engine, Text, create_engine, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from crawler.process.environment import ROOT, VAR
from crawler.store import postgresql_limits

BUSY_MILLISECONDS = 30_000
DAMAGED_SQLITE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")  # https://www.sqlite.org/rescode.html
DAMAGED = {"XX001", "XX002"}  # data, index
ESCAPE = "\\"  # before what is no wildcard in a LIKE pattern
DISK_FULL = "53100"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


class now(FunctionElement[float]):  # noqa: N801 - it reads like the SQL function that it is
    """Seconds since 1970 on the database's clock, which on SQLite is the host's. It goes on inside a transaction."""

    type = Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _sqlite_now(_element: now, _compiler: SQLCompiler, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _postgresql_now(_element: now, _compiler: SQLCompiler, **_: Any) -> str:
    return "extract(epoch from clock_timestamp())::double precision"


MOMENT: Any = select(now()).scalar_subquery()  # read once, so that an index serves: PostgreSQL's clock is volatile


class folded(FunctionElement[str]):  # noqa: N801
    """Text in lower case, to compare it in any case. SQLite's own `lower` knows ASCII letters only."""

    type = Text()
    inherit_cache = True


@compiles(folded, "sqlite")
def _sqlite_folded(element: folded, compiler: SQLCompiler, **given: Any) -> str:
    return f"folded({compiler.process(element.clauses, **given)})"


@compiles(folded, "postgresql")
def _postgresql_folded(element: folded, compiler: SQLCompiler, **given: Any) -> str:
    return f"lower({compiler.process(element.clauses, **given)})"


class alike(FunctionElement[bool]):  # noqa: N801
    """Whether a text matches a LIKE pattern, with `ESCAPE`, in any case of Latin letters at least.

    SQLite's own LIKE does so. SQLAlchemy's `ilike` would call `lower` for each row besides.
    """

    type = Boolean()
    inherit_cache = True


@compiles(alike, "sqlite")
def _sqlite_alike(element: alike, compiler: SQLCompiler, **given: Any) -> str:
    return _like("LIKE", element, compiler, given)


@compiles(alike, "postgresql")
def _postgresql_alike(element: alike, compiler: SQLCompiler, **given: Any) -> str:
    return _like("ILIKE", element, compiler, given)


def _like(operator: str, element: alike, compiler: SQLCompiler, given: dict[str, Any]) -> str:
    text, pattern = (compiler.process(each, **given) for each in element.clauses)
    return f"({text} {operator} {pattern} ESCAPE '{ESCAPE}')"


def read_clock(connection: Connection) -> float:
    """Read the database's clock, see `now`."""
    return float(connection.execute(select(now())).scalar_one())


def database_url() -> URL:
    """Read `SQLALCHEMY_DATABASE_URL`. A relative SQLite path starts at the project's folder, not at the process's.

    Raises ValueError if the address is neither SQLite's nor PostgreSQL's.
    """
    return _url("SQLALCHEMY_DATABASE_URL", os.environ.get("SQLALCHEMY_DATABASE_URL") or f"sqlite:///{VAR / 'views.db'}")


def listen_url() -> URL:
    """Read `DATABASE_LISTEN_URL`, the address for LISTEN, which a pooler does not pass on. Default: the database's."""
    given = os.environ.get("DATABASE_LISTEN_URL")
    return _url("DATABASE_LISTEN_URL", given) if given else database_url()


def _url(name: str, given: str) -> URL:
    try:
        url = make_url(given)
    except ArgumentError:
        raise ValueError(f"{name} is not a database address such as sqlite:///var/views.db") from None
    if url.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise ValueError(f"{name} must name SQLite or PostgreSQL, not {url.drivername}")
    if url.database in {None, "", ":memory:"}:
        raise ValueError(f"{name} must name a file: several processes share the database")
    return url.set(database=str(ROOT / str(url.database)))


def create(synchronous: str = "NORMAL", url: URL | str | None = None) -> Engine:
    """Create an engine for this process: for the shared database, unless another `url` is given.

    It replaces a connection that a restart of PostgreSQL has cut before it uses it.
    """
    return tune(create_engine(url or database_url(), pool_pre_ping=True), synchronous)


def tune(engine: Engine, synchronous: str) -> Engine:
    """Set up an SQLite engine, or the limits of a PostgreSQL engine.

    `synchronous` is `FULL` where a commit is a promise (the API), and `NORMAL` where a lost commit only means that
    posts are fetched again. We begin transactions ourselves, because Python begins them too late to choose the lock.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _keep_private)
        event.listen(engine, "connect", lambda connection, _: _pragmas(connection, synchronous))
        event.listen(engine, "begin", _begin)
    else:
        postgresql_limits.install(engine)
    return engine


def _keep_private(_dialect: Any, _record: Any, arguments: list[str], _: Any) -> None:
    """Let only the owner read the database's file, whatever the umask. SQLite gives its other files the same mode.

    An existing file must not be opened for that, because closing it would release the locks that this process has on it
    (https://www.sqlite.org/howtocorrupt.html, 2.2). An error is ignored, because connecting gives a better message.
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
    connection.create_function("folded", 1, str.lower, deterministic=True)
    connection.execute(f"PRAGMA synchronous = {synchronous}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def is_damaged(error: BaseException | None) -> bool:
    """Whether the error says that the database's files are damaged."""
    cause = getattr(error, "orig", error)
    return (
        getattr(cause, "sqlite_errorname", "").startswith(DAMAGED_SQLITE) or getattr(cause, "sqlstate", "") in DAMAGED
    )


def is_full(error: BaseException | None) -> bool:
    """Whether the error says that the database's disk is full."""
    cause = getattr(error, "orig", error)
    return getattr(cause, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(cause, "sqlstate", "") == DISK_FULL


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may read before it writes.

    On SQLite it takes the write lock at its start. A transaction that reads first can no longer write once another
    writer has committed, and waiting does not help (https://www.sqlite.org/isolation.html, SQLITE_BUSY_SNAPSHOT).
    """
    with engine.connect() as connection, connection.execution_options(writes=True).begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Statements that read, each what is there at its moment. On PostgreSQL none of them needs a transaction, which
    would take two more round trips.

    An engine's plain `connect()` would end with a ROLLBACK, after which psycopg has PostgreSQL parse and plan all
    statements anew (https://www.psycopg.org/psycopg3/docs/advanced/prepare.html).
    """
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A transaction whose statements all read the same state, whatever others commit. On SQLite every one does so."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection
        connection.commit()  # and no ROLLBACK, see `reading`


def hurry(connection: Connection) -> None:
    """Let this transaction's commit return before it is on PostgreSQL's disk, as `NORMAL` does for SQLite.

    It is for writes that may be lost. They are lost only if the database's own process or machine dies.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def upsert(connection: Connection, table: Any) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that has ON CONFLICT. Both databases spell it alike, but SQLAlchemy has a class for each."""
    return upsert_of(connection.dialect.name, table)


def upsert_of(dialect: str, table: Any) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
