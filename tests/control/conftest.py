import os
from collections.abc import Callable
from functools import cache
from threading import Thread
from typing import ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from sqlalchemy import insert, select, update
from werkzeug.routing import Rule

from control.accounts import passwords, users
from control.app import create_app
from control.server.http_server import serve
from control.settings import Settings
from control.web import cached_readiness, jwt
from control.web.engine import db
from control.web.openapi import Api
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch, Link, Status
from crawler.store.models.posts import Reading

QUICK = passwords.PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
REAL = {name: getattr(passwords, name) for name in ("hasher", "NOBODYS")}
PLENTY = 1_000_000_000
LIMITS = (
    "reads_per_second",
    "changes_per_minute",
    "submissions_per_minute",
    "links_per_minute",
    "logins_per_hour",
    "registrations_per_hour",
)
SETTINGS = {
    "secret_key": "a key of the tests' own, long enough",
    "scrapyd_password": "unused",
    **dict.fromkeys(LIMITS, PLENTY),
}
OTHERS = {"PYTEST_CURRENT_TEST", "SQLALCHEMY_DATABASE_URL"}  # variables that differ from test to test


class CompiledOnce(Rule):
    """A route whose address is compiled once for all apps of the tests: that is most of what an app costs, and nearly
    every test has an app of its own.
    """

    compiled: ClassVar[dict] = {}

    def compile(self):
        key = (self.rule, repr(self.defaults), self.merge_slashes)
        if key not in self.compiled:
            super().compile()
            known = {name: vars(self)[name] for name in ("_parts", "_trace", "_converters", "arguments")}
            self.compiled[key] = known, self._build.__func__, self._build_unknown.__func__
        known, build, build_unknown = self.compiled[key]
        vars(self).update(known, _build=build.__get__(self), _build_unknown=build_unknown.__get__(self))


class Templates(BytecodeCache):
    """Templates are compiled once for all apps of the tests."""

    def __init__(self):
        self.compiled = {}

    def load_bytecode(self, bucket):
        bucket.code = self.compiled.get(bucket.key)

    def dump_bytecode(self, bucket):
        self.compiled[bucket.key] = bucket.code


Flask.jinja_options = {"bytecode_cache": Templates()}


@cache
def settings_of(environment: frozenset):
    """Read settings once where nothing says that they are others. The database's address is none of them."""
    return Settings(**SETTINGS)


def environment():
    return frozenset((name, value) for name, value in os.environ.items() if name not in OTHERS)


@pytest.fixture
def quick_hashes(monkeypatch):
    """A hash takes a tenth of a second on purpose, and what is hashed in tests is nobody's."""
    monkeypatch.setattr(passwords, "hasher", QUICK)
    monkeypatch.setattr(passwords, "NOBODYS", QUICK.hash(""))


@pytest.fixture
def real_hashes(app, monkeypatch):
    """Hashes as the product makes them, for what is said of their cost."""
    for name, value in REAL.items():
        monkeypatch.setattr(passwords, name, value)


@pytest.fixture
def app(database_url, monkeypatch, quick_hashes):
    """The API on a migrated, empty database."""
    monkeypatch.setenv("SQLALCHEMY_DATABASE_URL", str(database_url))
    monkeypatch.setattr(Api, "url_rule_class", CompiledOnce)
    for name in ("PATIENCE_SECONDS", "OF_ADMINISTRATORS_SECONDS"):
        monkeypatch.setattr(cached_readiness, name, 60.0)  # a test of another thing may run on a busy machine
    app = create_app(settings_of(environment()).model_copy())
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def address(server):
    """Where the API is served, on a free port."""
    return f"http://127.0.0.1:{server.effective_port}"


@pytest.fixture
def server(app):
    server = serve(app, "127.0.0.1", 0)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    yield server
    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(lambda: server.asyncore.close_all(server._map))  # or its loop waits out its second
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
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {jwt.start(user_id, 'none').access}"
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
    return change_link


def change_link(batch_id, position, **values):
    """Change a link as a run would: give its batch's id and its position."""
    batch = select(Batch.id).where(Batch.public_id == batch_id).scalar_subquery()
    with db.engine.begin() as connection:
        if values.get("status") == Status.DONE:
            post = select(Link.post_id).where(Link.batch_id == batch, Link.position == position)
            numbers = {"post_id": connection.execute(post).scalar_one(), "source": "test", "http_status": 200}
            values["views"] = values["reading"]["views"]
            reading = insert(Reading).values(**numbers, **values.pop("reading")).returning(Reading.id)
            values["reading_id"] = connection.execute(reading).scalar_one()
        changed = update(Link).where(Link.batch_id == batch, Link.position == position).values(**values)
        assert connection.execute(changed).rowcount == 1


def problem(response):
    """Status and code of an error, of which the form is checked on the way."""
    assert response.content_type == "application/problem+json"
    body = response.get_json(force=True)
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert body.keys() <= {"type", "title", "status", "detail", "code", "instance", "errors", "details"}
    assert body["status"] == response.status_code
    return response.status_code, body["code"]
