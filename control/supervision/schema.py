"""The schema's version: the one that the database has beside the newest one that this code knows.

Code works on its own version and on the next one, so that hosts can take a new release one after another.
"""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from crawler.store.database import reading

MIGRATIONS = str(Path(__file__).parents[1] / "migrations").replace("%", "%%")  # as Alembic's settings have it


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    return config


@cache
def known() -> frozenset[str]:
    """Return every version that this code knows."""
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    return frozenset(script.revision for script in scripts)


def newest() -> str:
    return max(known())


def version(engine: Engine) -> str | None:
    """Read the database's version, None where it has no schema yet. Raises Alembic's CommandError if it has several."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_newer(found: str | None) -> bool:
    """Whether this is the version of a later release: versions are numbers of four digits."""
    head = newest()
    return found is not None and len(found) == len(head) and found.isdecimal() and found > head
