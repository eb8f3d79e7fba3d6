"""What a user's batches take in the database, which has a limit. A million links are counted in seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ROW_BYTES = 250  # as `crawler.queue.acceptance` counts from here on
LENGTHS = {"sqlite": "length(CAST(url AS BLOB))", "postgresql": "octet_length(url)"}
OF_A_BATCH = """
UPDATE batches SET stored_bytes = coalesce(
    (SELECT sum({length} + :row) FROM links WHERE links.batch_id = batches.id), 0)
"""
OF_A_USER = """
UPDATE users SET stored_bytes = coalesce(
    (SELECT sum(stored_bytes) FROM batches WHERE batches.user_id = users.id), 0)
"""


def upgrade() -> None:
    for table in ("users", "batches"):
        column = sa.Column("stored_bytes", sa.BigInteger(), server_default="0", nullable=False)
        with op.batch_alter_table(table) as change:
            change.add_column(column)
    length = LENGTHS[op.get_bind().dialect.name]
    op.execute(sa.text(OF_A_BATCH.format(length=length)).bindparams(row=ROW_BYTES))
    op.execute(sa.text(OF_A_USER))


def downgrade() -> None:
    for table in ("users", "batches"):
        with op.batch_alter_table(table) as change:
            change.drop_column("stored_bytes")
