"""How many links and runs there are is added up when a batch is counted, a run ends, or either is removed.

The triggers see to that whoever removes them, also code of the last release. Batches that are closed by now are counted
by the scheduler, one after the other: until then `/metrics` counts their links as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
LINKS = "INSERT INTO link_totals (platform, status, reason, links) VALUES"
RUNS = "INSERT INTO run_totals (platform, state, outcome, runs) VALUES"
OLD_LINKS = f"{LINKS} (OLD.platform, OLD.status, OLD.reason, -OLD.links);"
NEW_LINKS = f"{LINKS} (NEW.platform, NEW.status, NEW.reason, NEW.links);"
OLD_RUN = f"{RUNS} (OLD.platform, OLD.state, coalesce(OLD.outcome, ''), -1);"
NEW_RUN = f"{RUNS} (NEW.platform, NEW.state, coalesce(NEW.outcome, ''), 1);"
OVER, WAS_OVER = "NEW.finished_at IS NOT NULL", "OLD.finished_at IS NOT NULL"
TRIGGERS = (  # name, what happens, to which rows, what is added
    ("links_counted", "AFTER INSERT ON counted_links", "", NEW_LINKS),
    ("links_gone", "AFTER DELETE ON counted_links", "", OLD_LINKS),
    ("runs_come", "AFTER INSERT ON runs", OVER, NEW_RUN),
    ("runs_ended", "AFTER UPDATE ON runs", OVER, NEW_RUN),
    ("runs_no_more_so", "AFTER UPDATE ON runs", WAS_OVER, OLD_RUN),
    ("runs_gone", "AFTER DELETE ON runs", WAS_OVER, OLD_RUN),
)
FILL = """
INSERT INTO run_totals (platform, state, outcome, runs)
SELECT platform, state, coalesce(outcome, ''), count(*) FROM runs WHERE finished_at IS NOT NULL
GROUP BY platform, state, coalesce(outcome, '')
"""


def _table(name: str, *columns: str) -> None:
    texts = (sa.Column(column, sa.Text(), nullable=False) for column in columns[:-1])
    number = sa.Column(columns[-1], sa.BigInteger(), nullable=False)
    op.create_table(name, sa.Column("id", ID, primary_key=True), *texts, number)


def upgrade() -> None:
    _table("link_totals", "platform", "status", "reason", "links")
    _table("run_totals", "platform", "state", "outcome", "runs")
    op.create_table(
        "counted_links",
        sa.Column("batch_id", ID, sa.ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("platform", "status", "reason")),
        sa.Column("links", sa.Integer(), nullable=False),
    )
    if _on_postgresql():
        op.execute("ALTER TABLE counted_links SET (autovacuum_vacuum_scale_factor = 0.01)")
        op.execute("ALTER TABLE counted_links SET (autovacuum_analyze_scale_factor = 0.02)")
    op.add_column("batches", sa.Column("counted_at", sa.Double(), nullable=True))
    uncounted = sa.text("counted_at IS NULL")
    op.create_index("ix_batches_uncounted", "batches", ["id"], sqlite_where=uncounted, postgresql_where=uncounted)
    op.create_index("ix_batches_closed_at", "batches", ["closed_at"])
    op.execute(FILL)
    for trigger in TRIGGERS:
        _create(*trigger)


def downgrade() -> None:
    for name, event, *_ in TRIGGERS:
        table = event.rpartition(" ")[2]
        op.execute(f"DROP TRIGGER {name} ON {table}" if _on_postgresql() else f"DROP TRIGGER {name}")
        if _on_postgresql():
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_index("ix_batches_closed_at", "batches")
    op.drop_index("ix_batches_uncounted", "batches")
    op.drop_column("batches", "counted_at")
    for table in ("counted_links", "run_totals", "link_totals"):
        op.drop_table(table)


def _create(name: str, event: str, which: str, added: str) -> None:
    when = f"WHEN ({which})" if which else ""
    if _on_postgresql():
        body = f"$$ BEGIN {added} RETURN NULL; END $$"
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS {body}")
        op.execute(f"CREATE TRIGGER {name} {event} FOR EACH ROW {when} EXECUTE FUNCTION {name}()")
    else:
        op.execute(f"CREATE TRIGGER {name} {event} {when} BEGIN {added} END")


def _on_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")
