"""Batches that are closed and not counted yet, or past their deadline, are found without a look at all open ones.

In the index of `closed_at` all open batches had the same place, and SQLite took it in place of the one of deadlines.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

UNCOUNTED, COUNTED = sa.text("counted_at IS NULL"), sa.text("counted_at IS NOT NULL")


def upgrade() -> None:
    _create("ix_batches_to_count", "closed_at", UNCOUNTED)
    _create("ix_batches_counted", "closed_at", COUNTED)
    op.drop_index("ix_batches_uncounted", "batches")
    op.drop_index("ix_batches_closed_at", "batches")


def downgrade() -> None:
    op.create_index("ix_batches_closed_at", "batches", ["closed_at"])
    _create("ix_batches_uncounted", "id", UNCOUNTED)
    op.drop_index("ix_batches_counted", "batches")
    op.drop_index("ix_batches_to_count", "batches")


def _create(name: str, column: str, where: sa.TextClause) -> None:
    op.create_index(name, "batches", [column], sqlite_where=where, postgresql_where=where)
