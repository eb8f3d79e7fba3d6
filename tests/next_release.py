"""The schema of a release that does not exist yet: today's, and a migration that adds a column to each table."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from control.supervision import schema
from tests.checkout import ROOT

MIGRATION = """
import sqlalchemy
from alembic import op
from crawler.store.models.base import Base

revision, down_revision = "{next}", "{newest}"


def upgrade():
    for table in Base.metadata.sorted_tables:
        op.add_column(table.name, sqlalchemy.Column("of_the_next_release", sqlalchemy.Text, nullable=True))
"""
PROGRAM = """
import sys
from alembic import command
from alembic.config import Config

config = Config()
config.set_main_option("script_location", sys.argv[1])
command.upgrade(config, "head")
"""


def version() -> str:
    return f"{int(schema.newest()) + 1:04}"


def migrate(url: str, folder: Path) -> None:
    """Bring a database to it, as that release would: by a copy of the migrations, in `folder`, that has one more."""
    copy = shutil.copytree(schema.MIGRATIONS, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    text = MIGRATION.format(next=version(), newest=schema.newest())
    (copy / "versions" / f"{version()}_the_next_release.py").write_text(text)
    environment = os.environ | {"SQLALCHEMY_DATABASE_URL": url}
    subprocess.run([sys.executable, "-c", PROGRAM, str(copy)], cwd=ROOT, env=environment, check=True)
