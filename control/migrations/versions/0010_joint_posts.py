"""By which key a platform itself names a joint post."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("posts", sa.Column("canonical_key", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("posts", "canonical_key")
