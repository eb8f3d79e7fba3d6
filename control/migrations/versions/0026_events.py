"""Users are told what happens to their campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KIND = "kind IN ('month_ready', 'post_gone', 'views_fell', 'erid_lost')"


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("month_ends_at", sa.Double(), nullable=True))
    op.create_index("ix_campaigns_month_ends_at", "campaigns", ["month_ends_at"])
    op.create_table(
        "events",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.CheckConstraint(KIND, name=op.f("ck_events_kind")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_events_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_events_campaign_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("campaign_id", "position", "kind", "fact", name=op.f("uq_events_campaign_id")),
    )
    op.create_index("ix_events_user_id", "events", ["user_id", "id"])
    op.create_index("ix_events_created_at", "events", ["created_at"])


def downgrade() -> None:
    op.drop_table("events")
    op.drop_index("ix_campaigns_month_ends_at", "campaigns")
    op.drop_column("campaigns", "month_ends_at")
