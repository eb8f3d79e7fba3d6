from itertools import count

import pytest

from tests import postgresql
from tests.chaos.client import Client
from tests.conftest import execute

NUMBERS = count(1)


@pytest.fixture(scope="session")
def durable_server():
    """A PostgreSQL that keeps what it has committed, also when it is killed."""
    with postgresql.running(postgresql.DURABLE) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """The address of an empty database of this test's own."""
    return address(request, request.param, tmp_path)


def address(request, database, folder):
    """Make an empty database; SQLite's lies in the folder."""
    if database == "sqlite":
        return f"sqlite:///{folder / 'views.db'}"
    server, name = request.getfixturevalue("durable_server"), f"chaos_{next(NUMBERS)}"
    execute(server.address, f"CREATE DATABASE {name}")
    return server.address.format(name)


@pytest.fixture
def anna(here):
    """A user who insists; every test of a module has its own."""
    client = Client(here.system.url, f"anna {next(NUMBERS)}")
    client.login()
    return client


@pytest.fixture
def batch():
    """Make up links that nobody has asked for yet."""

    def make(count_=250):
        owner = next(NUMBERS)
        return [f"https://vk.com/wall-{owner}_{item}" for item in range(1, count_ + 1)]

    return make
