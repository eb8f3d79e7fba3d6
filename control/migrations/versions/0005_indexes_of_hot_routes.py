"""Indexes for hot routes: how the links of a batch failed, and a user's batches in the order sent."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    worked = sa.text("reason IS NOT NULL AND post_id IS NOT NULL")
    op.create_index("ix_links_failed", "links", ["batch_id", "reason"], sqlite_where=worked, postgresql_where=worked)
    op.drop_index("ix_batches_user_id", "batches")
    op.create_index("ix_batches_user_id", "batches", ["user_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_batches_user_id", "batches")
    op.create_index("ix_batches_user_id", "batches", ["user_id"])
    op.drop_index("ix_links_failed", "links")
