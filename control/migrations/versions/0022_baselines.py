"""Placements have a baseline: the views that were reported before they came here."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("placements", sa.Column("baseline", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("placements", "baseline")
