"""Placements have their user's own columns, and fields that are filled from them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("own_columns", sa.Text(), server_default="[]", nullable=False))
    op.add_column("placements", sa.Column("blogger", sa.Text(), nullable=True))
    op.add_column("placements", sa.Column("date", sa.Text(), nullable=True))
    op.create_table(
        "placement_rows",
        sa.Column("placement_id", ID, nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=True),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("stored_bytes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placements.id"], name=op.f("fk_placement_rows_placement_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_placement_rows")),
    )


def downgrade() -> None:
    op.drop_table("placement_rows")
    op.drop_column("placements", "date")
    op.drop_column("placements", "blogger")
    op.drop_column("campaigns", "own_columns")
