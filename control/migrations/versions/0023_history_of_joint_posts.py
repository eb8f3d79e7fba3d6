"""The other keys of a joint post are found by the one that the platform gives it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

JOINT = sa.text("canonical_key IS NOT NULL")


def upgrade() -> None:
    columns = ["canonical_key", "platform"]
    op.create_index("ix_posts_canonical_key", "posts", columns, sqlite_where=JOINT, postgresql_where=JOINT)


def downgrade() -> None:
    op.drop_index("ix_posts_canonical_key", "posts")
