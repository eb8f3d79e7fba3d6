"""Batches of several platforms: what was a batch's own, such as its wait for a token, is of each platform's links."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

WAITS = sa.text("status = 'created'")
UP = """INSERT INTO parts (batch_id, platform, served_at, waiting_for, waiting_until)
SELECT id, platform, served_at, waiting_for, waiting_until FROM batches"""
DOWN = """UPDATE batches SET
served_at = coalesce((SELECT max(served_at) FROM parts WHERE batch_id = batches.id), 0),
waiting_until = coalesce((SELECT max(waiting_until) FROM parts WHERE batch_id = batches.id), 0),
waiting_for = (SELECT max(waiting_for) FROM parts WHERE batch_id = batches.id)"""


def upgrade() -> None:
    op.create_table(
        "parts",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        *_columns(),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_parts_batch_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "platform", name="pk_parts"),
    )
    op.execute(UP)
    for column in _columns():
        op.drop_column("batches", column.name)
    _index(["batch_id", "platform", "not_before"])


def downgrade() -> None:
    for column in _columns():
        op.add_column("batches", column)
    op.execute(DOWN)
    op.drop_table("parts")
    _index(["batch_id", "not_before"])


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("served_at", sa.Double(), server_default="0", nullable=False),
        sa.Column("waiting_for", sa.Text(), nullable=True),
        sa.Column("waiting_until", sa.Double(), server_default="0", nullable=False),
    ]


def _index(columns: list[str]) -> None:
    op.drop_index("ix_links_waiting", "links")
    op.create_index("ix_links_waiting", "links", columns, sqlite_where=WAITS, postgresql_where=WAITS)
