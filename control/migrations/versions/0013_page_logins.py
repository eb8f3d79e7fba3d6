"""Logins at the page, and what a user has chosen for it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

CHOICES = ("language", "time_zone", "theme")
OF_PAGES: tuple[tuple[str, Any, str | None], ...] = (  # name, type, default; without one it may be empty
    ("kind", sa.Text(), "tokens"),
    ("secret_hash", sa.String(64), None),
    ("created_at", sa.Double(), "0"),
    ("seen_at", sa.Double(), "0"),
    ("program", sa.Text(), ""),
    ("message", sa.Text(), None),
)


def upgrade() -> None:
    for name in CHOICES:
        op.add_column("users", sa.Column(name, sa.Text(), nullable=True))
    with op.batch_alter_table("logins") as logins:
        for name, type_, default in OF_PAGES:
            logins.add_column(sa.Column(name, type_, server_default=default, nullable=default is None))
        logins.create_unique_constraint("uq_logins_secret_hash", ["secret_hash"])
        logins.create_check_constraint("kind", "kind IN ('tokens', 'page')")


def downgrade() -> None:
    op.execute("DELETE FROM logins WHERE kind = 'page'")
    with op.batch_alter_table("logins") as logins:
        logins.drop_constraint("kind", type_="check")
        logins.drop_constraint("uq_logins_secret_hash", type_="unique")
        for name, _, _ in reversed(OF_PAGES):
            logins.drop_column(name)
    for name in reversed(CHOICES):
        op.drop_column("users", name)
