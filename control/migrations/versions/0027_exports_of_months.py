"""A month of a campaign is made into a file like a batch."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SOURCE = "(batch_id IS NULL) = (campaign_id IS NOT NULL AND month IS NOT NULL)"


def upgrade() -> None:
    with op.batch_alter_table("exports") as exports:
        exports.alter_column("batch_id", existing_type=ID, nullable=True)
        exports.add_column(sa.Column("campaign_id", ID, nullable=True))
        exports.add_column(sa.Column("month", sa.Text(), nullable=True))
        exports.create_foreign_key("fk_exports_campaign_id", "campaigns", ["campaign_id"], ["id"], ondelete="CASCADE")
        exports.create_check_constraint("source", SOURCE)
        exports.create_index("ix_exports_campaign_id", ["campaign_id"])


def downgrade() -> None:
    op.execute("DELETE FROM export_pieces WHERE export_id IN (SELECT id FROM exports WHERE batch_id IS NULL)")
    op.execute("DELETE FROM exports WHERE batch_id IS NULL")
    with op.batch_alter_table("exports") as exports:
        exports.drop_index("ix_exports_campaign_id")
        exports.drop_constraint("source", type_="check")
        exports.drop_constraint("fk_exports_campaign_id", type_="foreignkey")
        exports.drop_column("month")
        exports.drop_column("campaign_id")
        exports.alter_column("batch_id", existing_type=ID, nullable=False)
