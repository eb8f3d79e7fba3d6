"""Waiting links by the time when they are due: whether a batch has work now is asked all the time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    waits = sa.text("status = 'created'")
    columns = ["batch_id", "not_before"]
    op.create_index("ix_links_waiting", "links", columns, sqlite_where=waits, postgresql_where=waits)


def downgrade() -> None:
    op.drop_index("ix_links_waiting", "links")
