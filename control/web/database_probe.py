"""Whether the database answers, for `/servez`: asked once for all probes of a second."""

from threading import BoundedSemaphore

from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from control.errors import DatabaseUnavailable
from control.monitoring.cached_look import CachedLook
from control.web.engine import db
from crawler.store.database import read_clock, reading

REMEMBERED_SECONDS = 1.0
PATIENCE_SECONDS = 2.0
MOST_WAITING = 4  # of the threads for reads: more probes than that seldom come at once

PROBE = "database probe"  # its key among the app's extensions


def install(app: Flask) -> None:
    with app.app_context():
        engine = db.engine
    waiting = BoundedSemaphore(MOST_WAITING)
    app.extensions[PROBE] = CachedLook(
        lambda: _ask(engine), REMEMBERED_SECONDS, PATIENCE_SECONDS, old=PATIENCE_SECONDS, waiting=waiting
    )


def check() -> None:
    """Raise DatabaseUnavailable if the database does not answer in time."""
    try:
        current_app.extensions[PROBE].report()
    except (DBAPIError, PoolTimeout, TimeoutError):
        raise DatabaseUnavailable("The database does not answer: ask another server.") from None


def _ask(engine: Engine) -> None:
    with reading(engine) as connection:
        read_clock(connection)
