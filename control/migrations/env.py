"""Alembic runs this file for every command."""

from alembic import context
from sqlalchemy import event

from crawler import database
from crawler.models import Base


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
            transactional_ddl=True,  # SQLite can, and a killed migration then leaves nothing half done
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


migrate()
