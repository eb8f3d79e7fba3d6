"""One lock for giving, taking and cancelling runs, so that a transaction which counts runs sees all of them."""

from sqlalchemy import Connection, text

LOCK = 5_741_311  # PostgreSQL's advisory lock of this; SQLite has one writer anyway


def lock(connection: Connection) -> None:
    """Wait until nobody else holds the lock, and hold it until the transaction ends. Call it first in a transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
