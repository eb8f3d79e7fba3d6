"""How the system does, for `/readyz` and the page `/system`: looked at once for all who ask at once."""

from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from control.errors import NotReady
from control.monitoring import readiness
from control.monitoring.cached_look import CachedLook
from control.monitoring.readiness import Readiness
from control.nodes.client import Clients
from control.nodes.fleet import members_of
from control.settings import Settings
from control.web.engine import TROUBLE, db
from crawler.process.host import host_id
from crawler.store import database

REMEMBERED_SECONDS = 1.0
OLD_SECONDS = 15.0  # a scrapyd that does not answer takes a look for some seconds
PATIENCE_SECONDS = 0.5
OF_ADMINISTRATORS_SECONDS = 5.0
SCRAPYD_SECONDS = (1, 2)  # to connect, to answer: less than we ourselves may take

CACHED = "readiness"  # its key among the app's extensions


def install(app: Flask, settings: Settings) -> None:
    clients = Clients(settings.scrapyd_username, settings.scrapyd_password, settings.scrapyd_ca, SCRAPYD_SECONDS)
    fleet = members_of(settings.listed_nodes, host_id())
    with app.app_context():
        engine = db.engine
    trouble = app.extensions[TROUBLE]
    cached = CachedLook(
        lambda: readiness.look(engine, clients, fleet, trouble), REMEMBERED_SECONDS, PATIENCE_SECONDS, OLD_SECONDS
    )
    app.extensions[CACHED] = cached


def look(patience: float | None = None) -> Readiness:
    """Raises NotReady. Without a database nobody can be told more: it knows who is an administrator."""
    try:
        found: Readiness = current_app.extensions[CACHED].report(patience)
    except (DBAPIError, PoolTimeout, TimeoutError) as error:
        damaged = database.is_damaged(error)
        raise NotReady("The database is damaged." if damaged else "The database does not answer.") from None
    return found
