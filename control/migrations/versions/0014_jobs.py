"""Which scrapyd job works on a run: one may go on with further runs."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("runs", sa.Column("job", sa.String(32), server_default="", nullable=False))
    op.execute("UPDATE runs SET job = id")
    op.create_index("ix_runs_job", "runs", ["job"])


def downgrade() -> None:
    op.drop_index("ix_runs_job", "runs")
    op.drop_column("runs", "job")
