import pytest
from sqlalchemy import update

from control.accounts import passwords, users
from control.web.engine import db
from crawler.store.models.accounts import User
from tests.security.pages import PASSWORD, log_in, reader


@pytest.fixture
def database_url(sqlite_url):
    """What pages show does not depend on the database; what they call has its own tests on both."""
    return sqlite_url


@pytest.fixture
def reader_of(app):
    """Make a user with PASSWORD, logged in at the page."""

    def make(name, **values):
        password_hash = passwords.hashed(PASSWORD, name)
        user_id = users.insert(db.engine, name, password_hash)
        reader = log_in(app, user_id, password_hash)
        if values:
            with db.engine.begin() as connection:
                connection.execute(update(User).where(User.id == user_id).values(**values))
        return reader

    return make


@pytest.fixture
def hers(app):
    """Anna at the page, for who needs no password."""
    return reader(app, "anna")


@pytest.fixture
def anna_reads(reader_of):
    return reader_of("anna")


@pytest.fixture
def operator(reader_of):
    return reader_of("operator", admin=True)
