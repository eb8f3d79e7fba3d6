"""Makes the database ready and checks what only the crawler's code can: `python -m control.supervision.prepare`.

A process of its own, for it loads the database's library and the crawler's, which the supervisor can do without.
`python -m control.supervision.prepare wait` migrates nothing: it waits until another process has.
`python -m control.supervision.prepare known` says what the database knows: in the first line the key that makes the
first administrator, or nothing where there is one, then what an earlier start has found out, a line each.
"""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from control.accounts import first_administrator
from control.monitoring.readiness import problems
from control.supervision import own_secrets, schema
from control.supervision.start_checks import CannotStartError, give_up, say
from crawler import platforms
from crawler.queue import budgets
from crawler.store.database import create, database_url, listen_url
from crawler.store.postgresql_limits import has_pooler

WAIT_SECONDS = 1.0  # between two looks at a database that another process migrates


def check_settings() -> None:
    """Read every setting there is, so that a bad value is found now and not in the log of some child."""
    try:
        database_url()
        listen_url()
        has_pooler()
        for platform in platforms.known().values():
            platform.access(os.environ)
        importlib.import_module("crawler.settings")  # Scrapy's settings are a module: to read them is to import it
    except ValueError as error:
        raise CannotStartError(str(error)) from None


def migrate() -> None:
    """Bring the database's schema up to date. One that a newer release has migrated is left as it is."""
    say(f"migrating the database {_name()}")
    try:
        with _one_line():
            command.upgrade(schema.configuration(), "head")
    except CommandError as error:
        _leave_newer(str(error))


def _leave_newer(why: str) -> None:
    """Say that a newer release has migrated the schema. Raises CannotStartError if it has not."""
    with _one_line(), _engine() as engine:
        there = _version(engine)
    if not schema.is_newer(there):
        raise _of_another_version(why)
    say(f"its schema is {there}, of a newer release, and stays as it is: this code knows {schema.newest()}")


def wait() -> None:
    """Wait until the schema is as new as this code, however long that takes. It says once what it waits for."""
    said = ""
    with _one_line(), _engine() as engine:
        while missing := _missing(engine):
            if missing != said:
                say(f"waiting for the database {_name()}: {missing}")
            said = missing
            sleep(WAIT_SECONDS)


def _missing(engine: Engine) -> str:
    """Return what the database lacks, nothing where it is ready. It may not be there yet: hosts start in any order."""
    try:
        there = _version(engine)
    except OperationalError as error:
        return _first_line(error)
    if there == schema.newest() or schema.is_newer(there):
        return ""
    if there and there not in schema.known():
        raise _of_another_version(f"Can't locate revision identified by {there!r}")
    return f"its schema is {there or 'empty'}, and this code needs {schema.newest()}: the role migrate sees to that"


def _version(engine: Engine) -> str | None:
    try:
        return schema.version(engine)
    except CommandError as error:
        raise _of_another_version(str(error)) from None


def _of_another_version(why: str) -> CannotStartError:
    return CannotStartError(f"SQLALCHEMY_DATABASE_URL: the database is of another version: {why}")


def _name() -> str:
    return database_url().render_as_string(hide_password=True)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).partition("\n")[0]


@contextmanager
def _one_line() -> Iterator[None]:
    """Say in one line what is wrong with the database."""
    try:
        yield
    except DBAPIError as error:
        raise CannotStartError(f"SQLALCHEMY_DATABASE_URL: {_first_line(error)}") from None


@contextmanager
def _engine() -> Iterator[Engine]:
    engine = create()
    try:
        yield engine
    finally:
        engine.dispose()


def check_secrets() -> None:
    with _one_line(), _engine() as engine:
        own_secrets.check(engine)


def forget_rights() -> None:
    """Forget which methods tokens may not call: one may have got the right since the last start."""
    with _one_line(), _engine() as engine:
        budgets.forget_rights(engine)


def known() -> list[str]:
    """Return the key that makes the first administrator, empty where there is one, and the problems known so far."""
    with _engine() as engine:
        return [first_administrator.key() if first_administrator.is_wanted(engine) else "", *problems(engine)]


def main(arguments: list[str]) -> None:
    try:
        if arguments == ["known"]:
            for line in known():
                say(line)
        else:
            check_settings()
            wait() if arguments == ["wait"] else migrate()
            check_secrets()
            forget_rights()
    except CannotStartError as error:
        give_up(error)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(sys.argv[1:])
