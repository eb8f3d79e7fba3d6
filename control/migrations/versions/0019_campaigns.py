"""Campaigns: posts are followed, and measured when they are due."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KIND = "kind IN ('first', 'age', 'month_end', 'month_begin', 'between', 'again')"
DUE, OPEN, NAMED = (sa.text(f"{each} NULL") for each in ("due_at IS NOT", "settled_at IS", "post_id IS NOT"))


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=True),
        sa.Column("positions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_campaigns_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("public_id", name=op.f("uq_campaigns_public_id")),
    )
    op.create_index("ix_campaigns_user_id", "campaigns", ["user_id", "id"])
    op.create_table(
        "followed_posts",
        sa.Column("post_id", ID, autoincrement=False, nullable=False),
        sa.Column("access_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("from_at", sa.Double(), nullable=True),
        sa.Column("late_at", sa.Double(), nullable=True),
        sa.Column("handled_until", sa.Double(), server_default="0", nullable=False),
        sa.Column("again_at", sa.Double(), nullable=True),
        sa.Column("missing_at", sa.Double(), nullable=True),
        sa.Column("missing_times", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(KIND, name=op.f("ck_followed_posts_kind")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_followed_posts_post_id")),
        sa.PrimaryKeyConstraint("post_id", "access_key", name=op.f("pk_followed_posts")),
    )
    op.create_index("ix_followed_posts_late_at", "followed_posts", ["late_at"], sqlite_where=DUE, postgresql_where=DUE)
    op.create_table(
        "points",
        sa.Column("id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("access_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.Double(), nullable=True),
        sa.Column("reading_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(KIND, name=op.f("ck_points_kind")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_points_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points")),
        sa.UniqueConstraint("post_id", "access_key", "due_at", "kind", name=op.f("uq_points_post_id")),
    )
    op.create_index("ix_points_open", "points", ["batch_id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "placements",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("access_key", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("erid", sa.Text(), nullable=True),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=True),
        sa.Column("paused_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_placements_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_placements_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
        sa.UniqueConstraint("campaign_id", "position", name=op.f("uq_placements_campaign_id")),
    )
    op.create_index(
        "ix_placements_post_id", "placements", ["post_id", "access_key"], sqlite_where=NAMED, postgresql_where=NAMED
    )
    op.create_table(
        "followings",
        sa.Column("placement_id", ID, nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placements.id"], name=op.f("fk_followings_placement_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("placement_id", "since", name=op.f("pk_followings")),
    )


SHARED = "user_id IN ('points', 'month_ends')"


def downgrade() -> None:
    for table in ("links", "parts", "runs"):  # SQLite migrates with foreign keys off
        op.execute(f"DELETE FROM {table} WHERE batch_id IN (SELECT id FROM batches WHERE {SHARED})")  # noqa: S608
    op.execute(f"DELETE FROM batches WHERE {SHARED}")  # noqa: S608
    op.execute("DELETE FROM users WHERE id IN ('points', 'month_ends')")
    for table in ("followings", "placements", "points", "followed_posts", "campaigns"):
        op.drop_table(table)
