"""Alembic runs this file for every command."""

from functools import cache
from typing import Any

from alembic import context
from sqlalchemy import UnaryExpression, event

from crawler.store import database
from crawler.store.models.base import Base

LOCK = 5_741_312  # PostgreSQL's advisory lock of whoever migrates: hosts that start together do so one after another
PARTITIONS = "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"


def _compared(item: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Leave out what looks changed and is not: SQLite does not tell the direction of an index, and an operator may have
    given the readings partitions, of which the models know nothing.
    """
    if context.get_context().dialect.name == "sqlite":
        return not (kind == "index" and any(isinstance(each, UnaryExpression) for each in item.expressions))
    if kind == "foreign_key_constraint":
        return item.elements[0].target_fullname.split(".")[0] not in _partitions()
    return not (kind == "table" and name in _partitions())


@cache
def _partitions() -> frozenset[str]:
    return frozenset(context.get_bind().exec_driver_sql(PARTITIONS).scalars())


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
