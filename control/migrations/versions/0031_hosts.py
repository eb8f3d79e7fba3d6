"""Who takes part in the system: scrapyd nodes register themselves, and one of several schedulers leads."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "nodes",
        sa.Column("url", sa.Text(), primary_key=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("traits", sa.Text(), nullable=False),
        sa.Column("draining", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("seen_at", sa.Double(), nullable=False),
    )
    op.create_table(
        "schedulers",
        sa.Column("host", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
    )
    op.create_table(
        "leaders",
        sa.Column("duty", sa.Text(), primary_key=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
    )


def downgrade() -> None:
    for table in ("leaders", "schedulers", "nodes"):
        op.drop_table(table)
