"""What `partitions` would do, in words, with how many readings there are of each month."""

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, text

from crawler.store.database import read_clock, reading
from crawler.store.partitions import catalogue
from crawler.store.partitions.conversion import EARLIER, OTHER, CannotPartition, refuse
from crawler.store.partitions.keeping import MONTHS_AHEAD, coming
from crawler.store.partitions.months import Month

NOTHING_TO_DO = "SQLite has no partitions: there is nothing to do."
BY_MONTH = text("""
SELECT to_char(to_timestamp(measured_at) AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*) AS rows
FROM readings GROUP BY 1 ORDER BY 1
""")
SIZE = text("SELECT pg_total_relation_size('readings')")
STEPS = """\
What would be done:
1. Every id is compared with {first:,}. This reads the whole table, and nobody waits for it.
2. The table becomes the partition {earlier} of a new one: no row is copied. For some milliseconds {tables} are
   locked. While somebody uses them for longer this is tried again, once a second for a minute; whoever needs them
   meanwhile waits a second at most each time.
3. Partitions are made: {partitions}, and {other} for ids of no month.
4. What refers to readings is looked up once more. This reads {referring} and readings, and nobody waits for it.
From then on the scheduler makes each month's partition, {ahead} months ahead. Killed in between, run it again."""


def plan(engine: Engine) -> Iterator[str]:
    """Yield the lines. Nothing is changed."""
    if engine.dialect.name != "postgresql":
        yield NOTHING_TO_DO
        return
    with reading(engine) as connection:
        month = Month.of(read_clock(connection))
        yield from (
            _of_partitions(connection, month) if catalogue.is_partitioned(connection) else _of_table(connection, month)
        )


def _of_partitions(connection: Connection, month: Month) -> Iterator[str]:
    there = catalogue.partitions(connection)
    for each in there:
        yield f"{each.name}: about {each.rows:,} readings, {_megabytes(each.bytes)}"
    missing = {each.partition for each in coming(month)} - {each.name for each in there}
    yield f"Partitions that would be made: {', '.join(sorted(missing)) or 'none, all are there'}"


def _of_table(connection: Connection, month: Month) -> Iterator[str]:
    yield f"readings: {_megabytes(connection.execute(SIZE).scalar_one())} with indexes, no partitions"
    for name, rows in connection.execute(BY_MONTH):
        yield f"{name}: {rows:,} readings"
    try:
        refuse(connection)
    except CannotPartition as reason:
        yield f"Nothing would be done: {reason}"
    else:
        yield _steps(connection, month)


def _steps(connection: Connection, month: Month) -> str:
    referring = [each.table for each in catalogue.rows(connection, catalogue.REFERRING)]
    return STEPS.format(
        first=month.first_id,
        earlier=EARLIER,
        tables=" and ".join(["readings", *referring]),
        partitions=", ".join(each.partition for each in coming(month)),
        other=OTHER,
        referring=", ".join(referring),
        ahead=MONTHS_AHEAD,
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
