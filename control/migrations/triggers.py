"""The rule that a final link never changes, kept by the database itself.

Every migration that rebuilds `links` on SQLite drops its triggers, so it has to call `create_triggers` at its end.
"""

from alembic import op

SQLITE = """
CREATE TRIGGER links_final BEFORE UPDATE ON links WHEN OLD.status IN ('done', 'failed')
BEGIN SELECT RAISE(ABORT, 'a final link never changes'); END
"""
POSTGRESQL_FUNCTION = """
CREATE FUNCTION links_final() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a final link never changes' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
POSTGRESQL = """
CREATE TRIGGER links_final BEFORE UPDATE ON links FOR EACH ROW WHEN (OLD.status IN ('done', 'failed'))
EXECUTE FUNCTION links_final()
"""


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def create_triggers() -> None:
    for statement in (POSTGRESQL_FUNCTION, POSTGRESQL) if _on_postgresql() else (SQLITE,):
        op.execute(statement)


def drop_triggers() -> None:
    op.execute("DROP TRIGGER links_final ON links" if _on_postgresql() else "DROP TRIGGER links_final")
    if _on_postgresql():
        op.execute("DROP FUNCTION links_final")
