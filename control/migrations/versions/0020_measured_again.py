"""Batches that repeat another one; readings of a post are found by the key, too, that they were got with."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("batches", sa.Column("repeat_of", sa.String(32), nullable=True))
    op.drop_index("ix_readings_post_id_measured_at", "readings")
    op.create_index("ix_readings_of_post", "readings", ["post_id", "access_key", "measured_at"])


def downgrade() -> None:
    op.drop_index("ix_readings_of_post", "readings")
    op.create_index("ix_readings_post_id_measured_at", "readings", ["post_id", "measured_at"])
    op.drop_column("batches", "repeat_of")
