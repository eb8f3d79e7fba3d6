"""Alembic runs this file for every command."""

from typing import Any

from alembic import context
from sqlalchemy import UnaryExpression, event

from crawler.store import database
from crawler.store.models.base import Base

LOCK = 5_741_312  # PostgreSQL's advisory lock of whoever migrates: hosts that start together do so one after another


def _compared(item: Any, _name: str | None, kind: str, *_: Any) -> bool:
    """Leave out indexes with a direction: SQLite does not tell it, so each would look changed."""
    sqlite = context.get_context().dialect.name == "sqlite"
    return not (sqlite and kind == "index" and any(isinstance(each, UnaryExpression) for each in item.expressions))


def migrate() -> None:
    """Migrate with foreign keys off: SQLite alters a table by rebuilding it, and its rows' children would be deleted.

    https://alembic.sqlalchemy.org/en/latest/batch.html#dealing-with-referencing-foreign-keys
    """
    engine = database.create(synchronous="FULL")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = OFF"))
    with engine.execution_options(writes=True).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            include_object=_compared,
            transactional_ddl=True,  # SQLite can, and a killed migration then leaves nothing half done
        )
        with context.begin_transaction():
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # a table may be in use for long
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            context.run_migrations()
    engine.dispose()


migrate()
