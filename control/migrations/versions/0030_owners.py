"""A run's owner is a random id: two containers, or two processes one after the other, may have the same pid."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("runs", sa.Column("owner", sa.String(length=32), nullable=True))
    op.drop_column("runs", "pid")


def downgrade() -> None:
    op.add_column("runs", sa.Column("pid", sa.Integer(), nullable=True))
    op.drop_column("runs", "owner")
