"""A closed month keeps its sum, so that a list of months need not add up their placements."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("closed_months", sa.Column("total", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("closed_months", "total")
