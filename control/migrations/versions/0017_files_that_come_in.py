"""Files that are sent with links in them, and the columns that they have beside the links."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OF_BATCHES = "batches.id"


def upgrade() -> None:
    op.add_column("links", sa.Column("row_number", sa.Integer(), nullable=True))
    op.create_table(
        "own_columns",
        sa.Column("batch_id", ID, sa.ForeignKey(OF_BATCHES, ondelete="CASCADE"), primary_key=True),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
    )
    op.create_table(
        "own_rows",
        sa.Column("batch_id", ID, sa.ForeignKey(OF_BATCHES, ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
    )
    bare = sa.text("links = 0")
    op.create_index(
        "ix_own_rows_without_link", "own_rows", ["batch_id", "number"], sqlite_where=bare, postgresql_where=bare
    )
    _create_imports()


def _create_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", ID, primary_key=True),
        sa.Column("public_id", sa.String(32), nullable=False, unique=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("understood", sa.Text(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
    )
    op.create_index("ix_imports_user_id", "imports", ["user_id"])
    op.create_index("ix_imports_expires_at", "imports", ["expires_at"])
    op.create_table(
        "import_chunks",
        sa.Column("import_id", ID, sa.ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    for table in ("import_chunks", "imports", "own_rows", "own_columns"):
        op.drop_table(table)
    op.drop_column("links", "row_number")
