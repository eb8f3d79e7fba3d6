"""Gives the readings of a PostgreSQL partitions, while everybody goes on reading and writing them.

No row is copied: the table that is there becomes the first partition, for ids before this month's. Killed at any moment
it has changed nothing that anybody would notice, or all but what `finish` does; and it can be run again.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from crawler.store.database import read_clock, reading
from crawler.store.partitions import catalogue
from crawler.store.partitions.keeping import briefly, keep
from crawler.store.partitions.months import Month

OLDEST_SERVER = (13,)
EARLIER, OTHER = "readings_earlier", "readings_other"
IDS_ARE_EARLIER = "ck_readings_ids_are_earlier"  # a constraint that is there during the conversion only
TRIES = 60  # to get the tables for a moment, one a second
BUSY = {"55P03", "40P01"}  # lock_not_available, deadlock_detected

Tell = Callable[[str], None]
Result = TypeVar("Result")


class CannotPartition(Exception):
    """Why this database's readings get no partitions, or not all of them yet. It can be asked for again."""


def refuse(connection: Connection) -> None:
    """Raise CannotPartition where something stands in the way of partitions."""
    if connection.dialect.server_version_info < OLDEST_SERVER:  # type: ignore[operator]
        raise CannotPartition("Partitions need PostgreSQL 13 or newer.")
    for stranger in connection.execute(catalogue.STRANGERS).scalars():
        raise CannotPartition(f"{stranger} would be left behind: remove it, and make it anew afterwards.".capitalize())
    if catalogue.last_id(connection) >= Month.of(read_clock(connection)).first_id:
        raise CannotPartition("There are ids of this month already, although the readings have no partitions.")


def convert(engine: Engine, tell: Tell) -> None:
    """Raises CannotPartition, also when the tables are in use for a minute on end."""
    with reading(engine) as connection:
        plain = not catalogue.is_partitioned(connection)
        month = Month.of(read_clock(connection))
        if plain:
            refuse(connection)
    if plain:
        tell(f"Looking whether every id is below {month.first_id:,} …")
        _when_free(lambda: _check_ids(engine, month), tell)
        tell("Exchanging the tables …")
        _when_free(lambda: _exchange(engine, month), tell)
    finish(engine, tell)


def finish(engine: Engine, tell: Tell) -> None:
    """Do what may be done at any time after the exchange, or again."""
    made = _when_free(lambda: keep(engine), tell)
    tell(f"Partitions made: {', '.join(made) or 'none, all are there'}")
    with engine.begin() as connection:
        for each in catalogue.rows(connection, catalogue.REFERRING):
            if not each.valid:
                tell(f"Looking whether what {each.table} refers to is there …")
                connection.exec_driver_sql(f"ALTER TABLE {each.table} VALIDATE CONSTRAINT {each.name}")
    tell("Counting what there is, for PostgreSQL's plans …")
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE readings")


def _check_ids(engine: Engine, month: Month) -> None:
    """Prove to PostgreSQL that all ids are earlier. It need not look at the rows then, while it holds the lock."""
    earlier = f"CHECK (id < {month.first_id}) NOT VALID"
    with briefly(engine) as connection:
        connection.exec_driver_sql("LOCK TABLE readings IN ACCESS EXCLUSIVE MODE")
        if not catalogue.is_partitioned(connection):  # another command may have been quicker
            connection.exec_driver_sql(f"ALTER TABLE readings DROP CONSTRAINT IF EXISTS {IDS_ARE_EARLIER}")
            connection.exec_driver_sql(f"ALTER TABLE readings ADD CONSTRAINT {IDS_ARE_EARLIER} {earlier}")
    with engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE readings IN SHARE UPDATE EXCLUSIVE MODE")
        if not catalogue.is_partitioned(connection):  # this reads the whole table, while others read and write
            connection.exec_driver_sql(f"ALTER TABLE readings VALIDATE CONSTRAINT {IDS_ARE_EARLIER}")


def _when_free(work: Callable[[], Result], tell: Tell) -> Result:
    """Try for a minute while others use the tables. Raises CannotPartition after that."""
    left = TRIES
    while True:
        try:
            return work()
        except OperationalError as error:
            left -= 1
            if getattr(error.orig, "sqlstate", "") not in BUSY:
                raise
            if not left:
                raise CannotPartition("The tables were in use for a minute on end: run it again later.") from error
        tell("They are in use; trying again …")
        time.sleep(1)


def _exchange(engine: Engine, month: Month) -> None:
    with briefly(engine) as connection:
        referring = catalogue.rows(connection, catalogue.REFERRING)
        tables = ", ".join(dict.fromkeys(["readings", *(each.table for each in referring)]))
        connection.exec_driver_sql(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        if catalogue.is_partitioned(connection):
            return
        if not connection.execute(catalogue.IS_PROVEN, {"name": IDS_ARE_EARLIER}).scalar():
            raise CannotPartition("Another command is making partitions.")
        for statement in _statements(connection, month, referring):
            connection.exec_driver_sql(statement)


def _statements(connection: Connection, month: Month, referring: Any) -> list[str]:
    keys, indexes = (catalogue.rows(connection, each) for each in (catalogue.KEYS, catalogue.INDEXES))
    unique = [each.name for each in keys if each.unique]
    return [
        *(f"ALTER TABLE {each.table} DROP CONSTRAINT {each.name}" for each in referring),
        *(f"ALTER TABLE readings RENAME CONSTRAINT {name} TO {name}_of_earlier" for name in unique),
        *(f"ALTER INDEX {each.name} RENAME TO {each.name}_of_earlier" for each in indexes),
        f"ALTER TABLE readings RENAME TO {EARLIER}",
        f"CREATE TABLE readings (LIKE {EARLIER} INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (id)",
        f"ALTER TABLE readings DROP CONSTRAINT {IDS_ARE_EARLIER}",
        f"ALTER SEQUENCE {connection.execute(catalogue.SEQUENCE).scalar_one()} OWNED BY readings.id",
        *(f"GRANT {each.what} ON readings TO {each.who}" for each in catalogue.rows(connection, catalogue.GRANTS)),
        *(f"ALTER TABLE readings ADD CONSTRAINT {each.name} {each.definition}" for each in keys),
        *(each.definition for each in indexes),
        f"ALTER TABLE readings ATTACH PARTITION {EARLIER} FOR VALUES FROM (MINVALUE) TO ({month.first_id})",
        f"ALTER TABLE {EARLIER} DROP CONSTRAINT {IDS_ARE_EARLIER}",
        f"CREATE TABLE {OTHER} PARTITION OF readings DEFAULT {catalogue.storage_options(connection)}",
        *(f"ALTER TABLE {each.table} ADD CONSTRAINT {each.name} {_unproven(each)}" for each in referring),
    ]


def _unproven(key: Any) -> str:
    """Return the key's definition; that the rows which are there keep it is looked at later, without a lock."""
    return str(key.definition).removesuffix(" NOT VALID") + " NOT VALID"
