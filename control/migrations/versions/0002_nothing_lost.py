"""Retries, cancels and deletions by users; who works on a run; administrators; the scheduler's beat.

`run_id` of links and readings is no foreign key any more: it says who did the work, also when that run's row is gone.
"""

import sqlalchemy as sa
from alembic import op

from control.migrations.triggers import create_triggers, drop_triggers

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "beats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_beats"),
    )
    op.create_table(
        "submissions",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("batch_public_id", sa.String(length=32), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_submissions_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_submissions"),
    )
    op.create_index("ix_submissions_created_at", "submissions", ["created_at"])
    op.add_column("users", sa.Column("admin", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("batches", sa.Column("retry_of", sa.String(length=32), nullable=True))
    op.add_column("runs", sa.Column("pid", sa.Integer(), nullable=True))
    op.create_index("ix_runs_finished_at", "runs", ["finished_at"])
    drop_triggers()
    with op.batch_alter_table("links") as links:
        links.drop_constraint("fk_links_run_id", type_="foreignkey")
    measured = sa.text("reading_id IS NOT NULL")
    op.create_index("ix_links_reading_id", "links", ["reading_id"], sqlite_where=measured, postgresql_where=measured)
    create_triggers()
    with op.batch_alter_table("readings") as readings:
        readings.drop_constraint("fk_readings_run_id", type_="foreignkey")


def downgrade() -> None:
    op.execute("UPDATE readings SET run_id = NULL WHERE run_id NOT IN (SELECT id FROM runs)")
    with op.batch_alter_table("readings") as readings:
        readings.create_foreign_key("fk_readings_run_id", "runs", ["run_id"], ["id"], ondelete="SET NULL")
    drop_triggers()
    op.drop_index("ix_links_reading_id", "links")
    op.execute("UPDATE links SET run_id = NULL WHERE run_id NOT IN (SELECT id FROM runs)")
    with op.batch_alter_table("links") as links:
        links.create_foreign_key("fk_links_run_id", "runs", ["run_id"], ["id"])
    create_triggers()
    op.drop_index("ix_runs_finished_at", "runs")
    op.drop_column("runs", "pid")
    op.drop_column("batches", "retry_of")
    op.drop_column("users", "admin")
    op.drop_table("submissions")
    op.drop_table("beats")
