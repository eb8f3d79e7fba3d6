"""The oracle sees every link become final: triggers of the tests write this into a table that nobody else knows.

A link is known by its batch's public id and its position: SQLite gives the keys of deleted rows to new ones.
https://www.sqlite.org/autoinc.html
"""

from collections.abc import Iterable

from sqlalchemy import Engine, text

FINAL = "NEW.status IN ('done', 'failed')"
BECOMES_FINAL = f"{FINAL} AND OLD.status NOT IN ('done', 'failed')"
NOTE = (
    "INSERT INTO finals SELECT public_id, NEW.position, NEW.status, NEW.reading_id FROM batches WHERE id = NEW.batch_id"
)
TABLE = "CREATE TABLE finals (batch TEXT, position INTEGER, status TEXT, reading_id BIGINT)"
ON_SQLITE = (
    TABLE,
    f"CREATE TRIGGER finals_inserted AFTER INSERT ON links WHEN {FINAL} BEGIN {NOTE}; END",
    f"CREATE TRIGGER finals_updated AFTER UPDATE ON links WHEN {BECOMES_FINAL} BEGIN {NOTE}; END",
)
FUNCTION = f"CREATE FUNCTION finals() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {NOTE}; RETURN NEW; END $$"
CALL = "EXECUTE FUNCTION finals()"
ON_POSTGRESQL = (
    TABLE,
    FUNCTION,
    f"CREATE TRIGGER finals_inserted AFTER INSERT ON links FOR EACH ROW WHEN ({FINAL}) {CALL}",
    f"CREATE TRIGGER finals_updated AFTER UPDATE ON links FOR EACH ROW WHEN ({BECOMES_FINAL}) {CALL}",
)


def install(engine: Engine) -> None:
    """Put the triggers into a migrated database, before its first link."""
    statements: Iterable[str] = ON_SQLITE if engine.dialect.name == "sqlite" else ON_POSTGRESQL
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
