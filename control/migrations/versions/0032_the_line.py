"""Parts of batches that may have something for a run are found without a look at all open batches.

What the last release stores is in line by default, under no user: the scheduler writes down whose it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

READY, LATER, OPEN = "ready_since IS NOT NULL", "ready_from IS NOT NULL", "closed_at IS NULL"
INDEXES = (
    ("ix_parts_turns", "parts", ["user_id", "served_at", "batch_id"], READY),
    ("ix_parts_served_at", "parts", ["served_at", "batch_id"], READY),
    ("ix_parts_ready_since", "parts", ["ready_since"], READY),
    ("ix_parts_ready_from", "parts", ["ready_from"], LATER),
    ("ix_parts_later", "parts", ["user_id"], LATER),
    ("ix_users_in_line", "users", ["served_at", "first_in_line", "id"], "first_in_line IS NOT NULL"),
    ("ix_batches_deadline_at", "batches", ["deadline_at"], OPEN),
)
OUT_OF_LINE = """
UPDATE parts SET ready_since = NULL WHERE batch_id NOT IN (SELECT id FROM batches WHERE closed_at IS NULL)
"""


def upgrade() -> None:
    op.add_column("parts", sa.Column("user_id", sa.String(length=32), nullable=True))
    op.add_column("parts", sa.Column("ready_since", sa.Double(), server_default="0", nullable=True))
    op.add_column("parts", sa.Column("ready_from", sa.Double(), nullable=True))
    op.add_column("users", sa.Column("first_in_line", sa.BigInteger(), nullable=True))
    op.execute(OUT_OF_LINE)
    for name, table, columns, where in INDEXES:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, *_ in INDEXES:
        op.drop_index(name, table)
    op.drop_column("users", "first_in_line")
    for column in ("ready_from", "ready_since", "user_id"):
        op.drop_column("parts", column)
