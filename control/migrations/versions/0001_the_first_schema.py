"""The first schema."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from control.migrations.triggers import create_triggers, drop_triggers

revision = "0001"
down_revision = None


def where(condition: sa.TextClause) -> dict[str, Any]:
    return {"sqlite_where": condition, "postgresql_where": condition}


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("next_at", sa.Double(), server_default="0", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("paused_until", sa.Double(), server_default="0", nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_budgets"),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        sa.UniqueConstraint("key", "platform", name="uq_posts_key"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("served_at", sa.Double(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("username", name="uq_users_username"),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("deadline_at", sa.Double(), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("served_at", sa.Double(), server_default="0", nullable=False),
        sa.Column("waiting_for", sa.Text(), nullable=True),
        sa.Column("waiting_until", sa.Double(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_batches_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.UniqueConstraint("public_id", name="uq_batches_public_id"),
    )
    op.create_index(
        "ix_batches_open",
        "batches",
        ["id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_batches_user_id", "batches", ["user_id"])

    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("posted_at", sa.Double(), nullable=True),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("alarm", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'posted', 'running', 'finished', 'lost')", name="state"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_runs_batch_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index(
        "ix_runs_active",
        "runs",
        ["state"],
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index("ix_runs_batch_id", "runs", ["batch_id"])

    op.create_table(
        "readings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=False),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("reposts", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("measured_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_readings_post_id"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_readings_run_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_readings"),
    )
    op.create_index("ix_readings_post_id", "readings", ["post_id"])
    op.create_index("ix_readings_run_id", "readings", ["run_id"])

    op.create_table(
        "links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("access_key", sa.Text(), server_default="", nullable=False),
        sa.Column("duplicate_of", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("sent", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.Double(), server_default="0", nullable=False),
        sa.Column("reading_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.CheckConstraint("(status = 'done') = (reading_id IS NOT NULL)", name="done_has_reading"),
        sa.CheckConstraint("(status = 'failed') = (reason IS NOT NULL)", name="failed_has_reason"),
        sa.CheckConstraint("status IN ('created', 'in progress', 'done', 'failed')", name="status"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_links_batch_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_links_post_id"),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_links_reading_id"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_links_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("batch_id", "position", name="uq_links_batch_id"),
    )
    op.create_index("ix_links_batch_id_status", "links", ["batch_id", "status", "position"])
    op.create_index(
        "ix_links_claimed",
        "links",
        ["run_id"],
        sqlite_where=sa.text("status = 'in progress'"),
        postgresql_where=sa.text("status = 'in progress'"),
    )
    op.create_index(
        "ix_links_duplicates", "links", ["batch_id", "duplicate_of"], **where(sa.text("duplicate_of IS NOT NULL"))
    )
    create_triggers()


def downgrade() -> None:
    drop_triggers()
    for table in ("links", "readings", "runs", "batches", "users", "posts", "budgets"):
        op.drop_table(table)
