"""Links are sorted by their views, which lie with their readings: they are copied, of old links too.

The trigger that keeps final links from changing is lifted for that, here only. A million links take about a minute.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from control.migrations.triggers import create_triggers, drop_triggers

revision = "0015"
down_revision = "0014"

OF_A_LINK = """
UPDATE links SET views = (SELECT readings.views FROM readings WHERE readings.id = links.reading_id)
WHERE reading_id IS NOT NULL
"""
OF_A_BATCH = """
UPDATE batches SET
done = (SELECT count(*) FROM links WHERE links.batch_id = batches.id AND status = 'done'),
failed = (SELECT count(*) FROM links WHERE links.batch_id = batches.id AND status = 'failed'),
views = (SELECT sum(links.views) FROM links WHERE links.batch_id = batches.id AND links.views IS NOT NULL)
WHERE closed_at IS NOT NULL
"""
MEASURED, REASONED = sa.text("views IS NOT NULL"), sa.text("reason IS NOT NULL")


def upgrade() -> None:
    op.add_column("batches", sa.Column("name", sa.Text(), server_default="", nullable=False))
    for name, kind in (("done", sa.Integer()), ("failed", sa.Integer()), ("views", sa.BigInteger())):
        op.add_column("batches", sa.Column(name, kind, nullable=True))
    op.add_column("links", sa.Column("views", sa.BigInteger(), nullable=True))
    drop_triggers()
    op.execute(OF_A_LINK)
    create_triggers()
    by_reason = ["batch_id", "reason", "position"]
    by_views: list[Any] = ["batch_id", sa.text("views DESC"), "position"]
    op.create_index("ix_links_views", "links", by_views, sqlite_where=MEASURED, postgresql_where=MEASURED)
    op.create_index("ix_links_reason", "links", by_reason, sqlite_where=REASONED, postgresql_where=REASONED)
    op.execute(OF_A_BATCH)


def downgrade() -> None:
    op.drop_index("ix_links_reason", "links")
    op.drop_index("ix_links_views", "links")
    op.drop_column("links", "views")
    for name in ("views", "failed", "done", "name"):
        op.drop_column("batches", name)
