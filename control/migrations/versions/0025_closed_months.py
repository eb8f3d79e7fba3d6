"""Months are closed: copies of what was reported, which nobody can change."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CAMPAIGN = "EXISTS (SELECT 1 FROM campaigns WHERE id = {row}.campaign_id)"
MONTH = "EXISTS (SELECT 1 FROM closed_months WHERE campaign_id = {row}.campaign_id AND number = {row}.number)"
# By table and event: the condition under which it is refused.
REFUSED = {
    ("closed_months", "UPDATE"): None,
    ("closed_months", "DELETE"): CAMPAIGN,
    **{(table, "UPDATE"): None for table in ("closed_values", "closed_placements", "reopenings")},
    **{(table, "DELETE"): f"{CAMPAIGN} AND {MONTH}" for table in ("closed_values", "closed_placements", "reopenings")},
    **{(table, "INSERT"): MONTH for table in ("closed_values", "closed_placements")},
}
SQLITE = """
CREATE TRIGGER {name} BEFORE {event} ON {table} {when}
BEGIN SELECT RAISE(ABORT, 'a closed month never changes'); END
"""
FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF {condition} THEN
RAISE EXCEPTION 'a closed month never changes' USING ERRCODE = 'integrity_constraint_violation'; END IF;
RETURN {row}; END $$
"""
POSTGRESQL = "CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _create_trigger(table: str, event: str, given: str | None) -> None:
    row = "NEW" if event == "INSERT" else "OLD"
    condition = given.format(row=row) if given else None
    words = {"name": f"{table}_{event.lower()}", "event": event, "table": table, "row": row}
    if _on_postgresql():
        op.execute(FUNCTION.format(condition=condition or "TRUE", **words))
        op.execute(POSTGRESQL.format(**words))
    else:
        op.execute(SQLITE.format(when=f"WHEN {condition}" if condition else "", **words))


def _of_campaign(table: str, *columns: sa.Column[object], more: tuple[str, ...] = ()) -> None:
    """Create a table of what closings of a campaign hold."""
    op.create_table(
        table,
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f(f"fk_{table}_campaign_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "number", *more, name=op.f(f"pk_{table}")),
    )


def _counts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.BigInteger(), nullable=True) for name in names]


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def upgrade() -> None:
    _of_campaign(
        "closed_months",
        *_texts("month"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_texts("time_zone", "currency"),
        sa.Column("begins_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("without_post", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=False),
        *_texts("closed_by"),
    )
    _create_values()
    _create_placements()
    _create_reopenings()
    for (table, event), condition in REFUSED.items():
        _create_trigger(table, event, condition)


def _create_reopenings() -> None:
    op.create_table(
        "reopenings",
        sa.Column("campaign_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reopened_at", sa.Double(), nullable=False),
        *_texts("reopened_by", "reason"),
        sa.ForeignKeyConstraint(
            ["campaign_id", "number"],
            ["closed_months.campaign_id", "closed_months.number"],
            name=op.f("fk_reopenings_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("campaign_id", "number", name=op.f("pk_reopenings")),
    )


def _create_values() -> None:
    _of_campaign(
        "closed_values",
        sa.Column("post_id", ID, autoincrement=False, nullable=False),
        *_texts("access_key"),
        sa.Column("at", sa.Double(), nullable=False),
        *_counts("value", "low", "high"),
        *_texts("basis", "flags"),
        *_texts("before", "after", nullable=True),
        *_counts("reported"),
        more=("post_id", "access_key", "at"),
    )


def _create_placements() -> None:
    _of_campaign(
        "closed_placements",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        *_texts("url", "platform"),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        *_texts("key"),
        *_texts("canonical_key", nullable=True),
        *_texts("access_key"),
        *_counts("owner"),
        *_texts("wall_name", "blogger", "date", nullable=True),
        *_counts("cost"),
        *_texts("erid", nullable=True),
        *_texts("erids", "own"),
        sa.Column("published_at", sa.Double(), nullable=True),
        sa.Column("gone_at", sa.Double(), nullable=True),
        *_counts("baseline", "views", "low", "high"),
        *_texts("basis", "flags"),
        sa.Column("begin_number", sa.Integer(), nullable=False),
        more=("position",),
    )


def downgrade() -> None:
    for table in ("reopenings", "closed_placements", "closed_values", "closed_months"):
        op.drop_table(table)
    if _on_postgresql():
        for table, event in REFUSED:
            op.execute(f"DROP FUNCTION {table}_{event.lower()}")
