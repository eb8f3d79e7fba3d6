import pytest

from control.app import create_app

PASSWORD = "correct horse battery staple"


@pytest.fixture
def app(sqlite_url, monkeypatch):
    """The API as it runs, on a migrated database of this test's own."""
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SECRET_KEY", "k" * 48)
    monkeypatch.setenv("SCRAPYD_PASSWORD", "p" * 48)
    return create_app()


@pytest.fixture
def anonymous(app):
    return app.test_client()


@pytest.fixture
def login(app):
    """Make a client of a user's own."""

    def make(name="analyst"):
        client = app.test_client()
        who = {"username": name, "password": PASSWORD}
        client.post("/users", json=who)
        token = client.post("/users/login", json=who).json["token"]
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    return make


@pytest.fixture
def client(login):
    return login()
