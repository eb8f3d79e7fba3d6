"""Readings know when they were asked and with which key, and are found by post and time; what is said of posts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

NAMED = sa.text("post_id IS NOT NULL")
# Of the few links that have a key, and a reading.
KEYS = """
UPDATE readings SET access_key = (SELECT max(access_key) FROM links WHERE links.reading_id = readings.id)
WHERE id IN (SELECT reading_id FROM links WHERE access_key <> '' AND reading_id IS NOT NULL)
"""


def _said() -> list[sa.Column[Any]]:
    return [
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("marked_as_ads", sa.Integer(), nullable=True),
        sa.Column("owner", sa.BigInteger(), nullable=True),
        sa.Column("erids", sa.Text(), server_default="", nullable=False),
        sa.Column("erid_lost_at", sa.Double(), nullable=True),
        sa.Column("said_at", sa.Double(), nullable=True),
    ]


def upgrade() -> None:
    for column in _said():
        op.add_column("posts", column)
    op.add_column("readings", sa.Column("access_key", sa.Text(), server_default="", nullable=False))
    op.add_column("readings", sa.Column("asked_at", sa.Double(), nullable=True))
    op.execute(KEYS)
    for name in ("post_id", "run_id"):
        op.drop_index(f"ix_readings_{name}", "readings")
    op.create_index("ix_readings_post_id_measured_at", "readings", ["post_id", "measured_at"])
    columns = ["post_id", "access_key"]
    op.create_index("ix_links_post_id", "links", columns, sqlite_where=NAMED, postgresql_where=NAMED)
    op.create_table(
        "kept_readings",
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("reading_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_kept_readings_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "reading_id", name="pk_kept_readings"),
    )
    op.create_index("ix_kept_readings_reading_id", "kept_readings", ["reading_id"])


def downgrade() -> None:
    for column in reversed(_said()):
        op.drop_column("posts", column.name)
    op.drop_table("kept_readings")
    op.drop_index("ix_links_post_id", "links")
    op.drop_index("ix_readings_post_id_measured_at", "readings")
    for name in ("post_id", "run_id"):
        op.create_index(f"ix_readings_{name}", "readings", [name])
    for name in ("access_key", "asked_at"):
        op.drop_column("readings", name)
