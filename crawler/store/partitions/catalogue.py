"""What PostgreSQL's catalogue says of the readings: which tables hold them, and what hangs on these."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

KIND = text("SELECT relkind = 'p' FROM pg_class WHERE oid = 'readings'::regclass")
PARTITIONS = text("""
SELECT relname AS name, greatest(reltuples, 0)::bigint AS rows, pg_total_relation_size(pg_class.oid) AS bytes
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'readings'::regclass ORDER BY relname
""")
SEQUENCE = text("SELECT pg_get_serial_sequence('readings', 'id')")
OPTIONS = text("""
SELECT array_to_string(reloptions, ', ') FROM pg_class LEFT JOIN pg_inherits ON inhrelid = pg_class.oid
WHERE pg_class.oid = 'readings'::regclass AND relkind = 'r' OR inhparent = 'readings'::regclass
ORDER BY pg_class.oid DESC LIMIT 1
""")
REFERRING = text("""
SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition,
convalidated AS valid FROM pg_constraint
WHERE confrelid = 'readings'::regclass AND contype = 'f' AND conparentid = 0 ORDER BY 1, 2
""")
KEYS = text("""
SELECT conname AS name, pg_get_constraintdef(oid) AS definition, contype IN ('p', 'u') AS unique
FROM pg_constraint WHERE conrelid = 'readings'::regclass AND contype IN ('p', 'u', 'f') ORDER BY contype = 'f', 1
""")
INDEXES = text("""
SELECT relname AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index JOIN pg_class ON oid = indexrelid
WHERE indrelid = 'readings'::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
""")
IS_PROVEN = text("SELECT convalidated FROM pg_constraint WHERE conrelid = 'readings'::regclass AND conname = :name")
GRANTS = text("""
SELECT privilege_type AS what, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS who
FROM pg_class, aclexplode(relacl) WHERE oid = 'readings'::regclass AND grantee <> relowner
""")
STRANGERS = text("""
SELECT 'the trigger ' || tgname FROM pg_trigger WHERE tgrelid = 'readings'::regclass AND NOT tgisinternal
UNION ALL SELECT DISTINCT 'the view ' || ev_class::regclass FROM pg_depend JOIN pg_rewrite ON pg_rewrite.oid = objid
WHERE classid = 'pg_rewrite'::regclass AND refobjid = 'readings'::regclass
UNION ALL SELECT 'the publication ' || pubname FROM pg_publication_tables WHERE tablename = 'readings'
""")


class Partition(NamedTuple):
    name: str
    rows: int  # as PostgreSQL estimates
    bytes: int  # with its indexes


def is_partitioned(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql" and bool(connection.execute(KIND).scalar_one())


def partitions(connection: Connection) -> list[Partition]:
    return [Partition(*row) for row in connection.execute(PARTITIONS)]


def last_id(connection: Connection) -> int:
    """Return the id that was given last."""
    sequence = connection.execute(SEQUENCE).scalar_one()
    return int(connection.exec_driver_sql(f"SELECT last_value FROM {sequence}").scalar_one())  # noqa: S608 - its name


def storage_options(connection: Connection) -> str:
    """Return the newest table's options of storage, as WITH takes them."""
    found = connection.execute(OPTIONS).scalar()
    return f"WITH ({found})" if found else ""


def rows(connection: Connection, statement: Any) -> Sequence[Any]:
    return connection.execute(statement).all()
