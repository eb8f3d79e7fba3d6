"""PostgreSQL leaves room in the pages of links and posts, and clears up large tables before much is dead.

A link is updated three times until it ends, and a new post once. A row's new version beside the old one needs no new
entries in the indexes: https://www.postgresql.org/docs/current/storage-hot.html. By default a table is cleared up when
a fifth of it is dead, which is too late where it holds a billion rows.
"""

from alembic import op

revision = "0029"
down_revision = "0028"

UPDATED = ("links", "posts")
LARGE = ("links", "posts", "readings", "kept_readings")
ROOM = {"fillfactor": "60"}
EARLIER = {
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_analyze_scale_factor": "0.02",
}
STORED = """
SELECT oid::regclass FROM pg_class WHERE oid = '{table}'::regclass AND relkind = 'r'
UNION SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '{table}'::regclass
"""


def upgrade() -> None:
    for table in LARGE:
        options = EARLIER | (ROOM if table in UPDATED else {})
        _alter(table, "SET", ", ".join(f"{name} = {value}" for name, value in options.items()))


def downgrade() -> None:
    for table in LARGE:
        options = EARLIER | (ROOM if table in UPDATED else {})
        _alter(table, "RESET", ", ".join(options))


def _alter(table: str, verb: str, options: str) -> None:
    """A table that has partitions takes no options itself."""
    if op.get_bind().dialect.name == "postgresql":
        for each in op.get_bind().exec_driver_sql(STORED.format(table=table)).scalars().all():
            op.execute(f"ALTER TABLE {each} {verb} ({options})")
