"""What a token was issued without the right to."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("budgets", sa.Column("lacks", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("budgets", "lacks")
