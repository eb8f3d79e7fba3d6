"""Batches that are closed and not counted yet, or past their deadline, are found without a look at all open ones.

SQLite took the index that is gone, in which all open batches have the same place, in place of the one of deadlines.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

NAME, UNCOUNTED = "ix_batches_uncounted", sa.text("counted_at IS NULL")


def upgrade() -> None:
    _replace("closed_at")
    op.drop_index("ix_batches_closed_at", "batches")


def downgrade() -> None:
    op.create_index("ix_batches_closed_at", "batches", ["closed_at"])
    _replace("id")


def _replace(column: str) -> None:
    op.drop_index(NAME, "batches")
    op.create_index(NAME, "batches", [column], sqlite_where=UNCOUNTED, postgresql_where=UNCOUNTED)
