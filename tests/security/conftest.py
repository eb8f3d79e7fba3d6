"""The API's and the crawler's fixtures, and what these tests have of their own."""

import json

import pytest
from sqlalchemy import select

from control.app import create_app
from control.settings import Settings
from control.web.engine import db
from crawler.store.models.base import Base
from tests.control.conftest import (
    SETTINGS,
    address,
    admin,
    anna,
    anonymous,
    app,
    boris,
    client_of,
    quick_hashes,
    real_hashes,
    server,
    set_link,
)
from tests.crawler.conftest import crawl, vk

__all__ = [
    "address",
    "admin",
    "anna",
    "anonymous",
    "app",
    "boris",
    "client_of",
    "crawl",
    "quick_hashes",
    "real_hashes",
    "server",
    "set_link",
    "vk",
]

COUNTERS: set[str] = set()  # tables that count what was asked, so that looking changes them


@pytest.fixture
def again(app):
    """Start the API once more on the same database, set otherwise or not; a client of it."""
    made = []

    def start(**settings):
        made.append(create_app(Settings(**SETTINGS, **settings)))
        return made[-1].test_client()

    yield start
    for one in made:
        with one.app_context():
            db.engine.dispose()


@pytest.fixture
def document(anonymous):
    return json.loads(anonymous.get("/openapi.json").text)


@pytest.fixture
def rows(app):
    """Every row there is, to be compared."""

    def read():
        tables = [table for table in Base.metadata.sorted_tables if table.name not in COUNTERS]
        with db.engine.connect() as connection:
            return {table.name: sorted(map(repr, connection.execute(select(table)).all())) for table in tables}

    return read


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What sends a file has a child read it."""
    for item in items:
        if any("/imports" in str(value) for value in getattr(item, "callspec", _NONE).params.values()):
            item.add_marker("process")


class _NONE:
    params: dict = {}  # noqa: RUF012 - of a test without any
