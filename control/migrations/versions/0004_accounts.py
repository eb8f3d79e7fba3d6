"""Logins that can be ended, tokens for scripts, users who are disabled or leave; what was tried, what was used."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def user_id() -> sa.Column[str]:
    return sa.Column("user_id", sa.String(length=32), nullable=False)


def of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "logins",
        sa.Column("id", sa.String(length=32), nullable=False),
        user_id(),
        sa.Column("refresh_id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        of_user("logins"),
        sa.PrimaryKeyConstraint("id", name="pk_logins"),
    )
    op.create_index("ix_logins_user_id", "logins", ["user_id"])
    op.create_index("ix_logins_expires_at", "logins", ["expires_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        user_id(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("last_used_at", sa.Double(), nullable=True),
        sa.CheckConstraint("scope IN ('read', 'write')", name="scope"),
        of_user("api_tokens"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("secret_hash", name="uq_api_tokens_secret_hash"),
        sa.UniqueConstraint("user_id", "name", name="uq_api_tokens_user_id"),
    )
    op.create_table(
        "tries",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_tries"),
    )
    op.create_index("ix_tries_until", "tries", ["until"])
    op.create_table(
        "usage",
        user_id(),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        of_user("usage"),
        sa.PrimaryKeyConstraint("user_id", "day", name="pk_usage"),
    )
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("state", sa.Text(), server_default="active", nullable=False))
        users.create_check_constraint("state", "state IN ('active', 'disabled', 'leaving')")
    leaving = sa.text("state = 'leaving'")
    op.create_index("ix_users_leaving", "users", ["id"], sqlite_where=leaving, postgresql_where=leaving)


def downgrade() -> None:
    op.drop_index("ix_users_leaving", "users")
    with op.batch_alter_table("users") as users:
        users.drop_constraint("state", type_="check")
        users.drop_column("state")
    for table in ("usage", "tries", "api_tokens", "logins"):
        op.drop_table(table)
