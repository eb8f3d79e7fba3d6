"""Makes the database ready and checks what only the crawler's code can: `python -m control.supervision.prepare`.

A process of its own, for it loads the database's library and the crawler's, which the supervisor can do without.
`python -m control.supervision.prepare known` says what the database knows: in the first line the key that makes the
first administrator, or nothing where there is one, then what an earlier start has found out, a line each.
"""

import importlib
import os
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from control.accounts import first_administrator
from control.monitoring.readiness import problems
from control.supervision.start_checks import CannotStartError, give_up, say
from crawler import platforms
from crawler.queue import budgets
from crawler.store.database import create, database_url, listen_url
from crawler.store.postgresql_limits import has_pooler

MIGRATIONS = str(Path(__file__).parents[1] / "migrations").replace("%", "%%")  # as Alembic's settings have it


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
    """Bring the database's schema up to date."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    say(f"migrating the database {database_url().render_as_string(hide_password=True)}")
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        raise CannotStartError(f"SQLALCHEMY_DATABASE_URL: {str(error.orig).partition(chr(10))[0]}") from None
    except CommandError as error:
        raise CannotStartError(f"SQLALCHEMY_DATABASE_URL: the database is of another version: {error}") from None


def forget_rights() -> None:
    """Forget which methods tokens may not call: one may have got the right since the last start."""
    engine = create()
    try:
        budgets.forget_rights(engine)
    except DBAPIError as error:
        raise CannotStartError(f"SQLALCHEMY_DATABASE_URL: {str(error.orig).partition(chr(10))[0]}") from None
    finally:
        engine.dispose()


def known() -> list[str]:
    """Return the key that makes the first administrator, empty where there is one, and the problems known so far."""
    engine = create()
    try:
        return [first_administrator.key() if first_administrator.is_wanted(engine) else "", *problems(engine)]
    finally:
        engine.dispose()


def main(arguments: list[str]) -> None:
    try:
        if arguments == ["known"]:
            for line in known():
                say(line)
        else:
            check_settings()
            migrate()
            forget_rights()
    except CannotStartError as error:
        give_up(error)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(sys.argv[1:])
