from collections.abc import Callable
from threading import Thread

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from control import logins, users
from control.api import serve
from control.app import create_app
from control.db import db
from control.settings import Settings
from crawler.models import Batch, Link, Reading, Status, User

PLENTY = 1_000_000_000
LIMITS = ("reads_per_second", "submissions_per_minute", "logins_per_hour", "registrations_per_hour")
SETTINGS = {
    "secret_key": "a key of the tests' own, long enough",
    "scrapyd_password": "unused",
    **dict.fromkeys(LIMITS, PLENTY),
}


@pytest.fixture
def app(database_url, monkeypatch):
    """The API on a migrated, empty database."""
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", str(database_url))
    app = create_app(Settings(**SETTINGS))
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def address(app):
    """Where the API is served, on a free port."""
    server = serve(app, "127.0.0.1", 0)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()
    server.asyncore.close_all(server._map)
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def anonymous(app):
    return app.test_client()


@pytest.fixture
def client_of(app) -> Callable[[str], FlaskClient]:
    """Make a user, and a client that sends their token."""

    def make(name):
        user_id = users.insert(db.engine, name, "none")
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {logins.start(db.engine, user_id, 'none').access}"
        return client

    return make


@pytest.fixture
def anna(client_of):
    return client_of("anna")


@pytest.fixture
def boris(client_of):
    return client_of("boris")


@pytest.fixture
def admin(client_of):
    client = client_of("admin")
    with db.engine.begin() as connection:
        connection.execute(update(User).where(User.username == "admin").values(admin=True))
    return client


@pytest.fixture
def set_link(app):
    """Change a link as a run would: give its batch's id and its position."""

    def change(batch_id, position, **values):
        batch = select(Batch.id).where(Batch.public_id == batch_id).scalar_subquery()
        with db.engine.begin() as connection:
            if values.get("status") == Status.DONE:
                post = select(Link.post_id).where(Link.batch_id == batch, Link.position == position)
                numbers = {"post_id": connection.execute(post).scalar_one(), "source": "test", "http_status": 200}
                reading = insert(Reading).values(**numbers, **values.pop("reading")).returning(Reading.id)
                values["reading_id"] = connection.execute(reading).scalar_one()
            changed = update(Link).where(Link.batch_id == batch, Link.position == position).values(**values)
            assert connection.execute(changed).rowcount == 1

    return change


def problem(response):
    """Status and code of an error, of which the form is checked on the way."""
    assert response.content_type == "application/problem+json"
    body = response.get_json(force=True)
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert body.keys() <= {"type", "title", "status", "detail", "code", "instance", "errors", "details"}
    assert body["status"] == response.status_code
    return response.status_code, body["code"]
