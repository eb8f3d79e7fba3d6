import pytest

from tests import postgresql
from tests.conftest import execute


@pytest.fixture(scope="session")
def durable_server():
    """A PostgreSQL that keeps what it has committed, also when it is killed."""
    with postgresql.running(postgresql.DURABLE) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """The address of an empty database of this test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'views.db'}"
    server = request.getfixturevalue("durable_server")
    name = f"chaos_{len(list(tmp_path.parent.iterdir()))}"
    execute(server.address, f"CREATE DATABASE {name}")
    return server.address.format(name)
