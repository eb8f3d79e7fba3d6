"""PostgreSQL clears up every table that grows with use before much of it is dead, not only those of 0029.

By default it waits until a fifth is dead. Parts of batches are found by small indexes of those that wait, in which each
run leaves dead entries: so these are cleared up after a number of them, however many parts there are.
https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM
"""

from alembic import op

revision = "0033"
down_revision = "0032"

EARLIER = {
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_analyze_scale_factor": "0.02",
}
AT_ONCE = EARLIER | {"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "5000"}
ROOM = {"fillfactor": "70"}  # a lease is extended where its run's row lies
OPTIONS = {
    "parts": AT_ONCE,
    "runs": EARLIER | ROOM,
    **dict.fromkeys(("batches", "users", "submissions", "followed_posts", "points"), EARLIER),
    **dict.fromkeys(("placements", "placement_rows", "followings", "own_rows", "closed_values", "events"), EARLIER),
}


def upgrade() -> None:
    for table, options in OPTIONS.items():
        _alter(table, "SET", ", ".join(f"{name} = {value}" for name, value in options.items()))


def downgrade() -> None:
    for table, options in OPTIONS.items():
        _alter(table, "RESET", ", ".join(options))


def _alter(table: str, verb: str, options: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} {verb} ({options})")
