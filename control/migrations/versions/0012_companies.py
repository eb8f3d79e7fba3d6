"""How often a link failed together with others, and in how large a company it is asked next."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

COLUMNS = ("failures", "company")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("links", sa.Column(name, sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("links", name)
