"""Sees to it that every month has its partition in time, and that its readings come to lie there."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from crawler.store.database import read_clock, reading
from crawler.store.partitions import catalogue
from crawler.store.partitions.months import Month

MONTHS_AHEAD = 2
# Whoever needs the table waits behind us meanwhile. Below PostgreSQL's deadlock_timeout of a second, so that of two who
# wait for each other it is always we who give up.
PATIENCE = "500ms"
TURN = text("SELECT setval(pg_get_serial_sequence('readings', 'id'), :first, false)")


@contextmanager
def briefly(engine: Engine) -> Iterator[Connection]:
    """One transaction, which fails rather than wait long for a lock."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        yield connection


def keep(engine: Engine) -> list[str]:
    """Make the partitions of this month and of those to come where readings have partitions; their names.

    Nothing depends on when that is done: ids go on in the month before until they are turned, and what no month has is
    taken by the partition `readings_other`.
    """
    with reading(engine) as connection:
        if not catalogue.is_partitioned(connection):
            return []
        month = Month.of(read_clock(connection))
        there = {each.name for each in catalogue.partitions(connection)}
        turned = catalogue.last_id(connection) >= month.first_id
    missing = [each for each in coming(month) if each.partition not in there]
    if month in missing:
        make(engine, month)
    if not turned:
        turn(engine, month)
    for each in missing:
        if each != month:
            make(engine, each)
    return [each.partition for each in missing]


def coming(month: Month) -> list[Month]:
    """Return the months that have to have a partition during this one."""
    return [month.later(ahead) for ahead in range(MONTHS_AHEAD + 1)]


def make(engine: Engine, month: Month) -> None:
    """Make the table first and attach it then, which keeps nobody from reading or writing other partitions."""
    name, bounds = month.partition, f"FROM ({month.first_id}) TO ({month.later(1).first_id})"
    with briefly(engine) as connection:
        options = catalogue.storage_options(connection)
        connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE readings INCLUDING ALL EXCLUDING INDEXES) {options}")
        connection.exec_driver_sql(f"ALTER TABLE readings ATTACH PARTITION {name} FOR VALUES {bounds}")


def turn(engine: Engine, month: Month) -> None:
    """Let ids go on with the first one of the month, unless they are further. The lock is for two who do so at once."""
    with briefly(engine) as connection:
        connection.exec_driver_sql("LOCK TABLE readings IN SHARE UPDATE EXCLUSIVE MODE")
        if catalogue.last_id(connection) < month.first_id:
            connection.execute(TURN, {"first": month.first_id})
