"""Counts the links of each batch once it is closed, so that `/metrics` need not count them ever again."""

from functools import cache
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, delete, func, insert, select, update

from crawler.store.database import now, reading, writing
from crawler.store.models.batches import Batch, Link
from crawler.store.models.totals import CountedLinks, LinkTotal, RunTotal

SLICE_SECONDS = 0.2  # of each round: meanwhile batches wait for their runs
AT_ONCE = 100  # batches
MOST_ROWS = 200  # of parts of totals, before they are added up
UNCOUNTED = (Batch.counted_at.is_(None), Batch.closed_at.is_not(None))
TOTALS: Any = (LinkTotal.__table__, RunTotal.__table__)
SOME_UNCOUNTED = select(Batch.id).where(*UNCOUNTED).order_by(Batch.closed_at).limit(AT_ONCE)


def count(engine: Engine) -> int:
    """Count for a while; how many batches."""
    end, counted = monotonic() + SLICE_SECONDS, 0
    with reading(engine) as connection:
        waiting = connection.execute(SOME_UNCOUNTED).scalars().all()
        long = [table for table in TOTALS if connection.execute(_rows(table)).scalar_one() > MOST_ROWS]
    for batch_id in waiting:
        with writing(engine) as connection:
            counted += _count(connection, batch_id)
        if monotonic() >= end:
            break
    for table in long:
        _add_up(engine, table)
    return counted


def _count(connection: Connection, batch_id: int) -> int:
    """Count one, unless another scheduler does, or somebody removes it."""
    mine = select(Batch.id).where(Batch.id == batch_id, *UNCOUNTED).with_for_update(skip_locked=True)
    if connection.execute(mine).first() is None:
        return 0
    kinds = (Link.batch_id, Link.platform, Link.status, func.coalesce(Link.reason, ""))
    counted = select(*kinds, func.count()).where(Link.batch_id == batch_id).group_by(*kinds)
    columns = ["batch_id", "platform", "status", "reason", "links"]
    connection.execute(insert(CountedLinks).from_select(columns, counted))
    connection.execute(update(Batch).where(Batch.id == batch_id).values(counted_at=now()))
    return 1


@cache
def _rows(table: Table) -> Select[int]:
    return select(func.count()).select_from(table)


def _add_up(engine: Engine, table: Any) -> None:
    """Replace the rows of a total by their sums. What others add meanwhile stays."""
    *kinds, number = (column for column in table.columns if not column.primary_key)
    with writing(engine) as connection:
        sums: dict[tuple[Any, ...], int] = {}
        for *kind, more in connection.execute(delete(table).returning(*kinds, number)):
            sums[tuple(kind)] = sums.get(tuple(kind), 0) + more
        names = [column.name for column in (*kinds, number)]
        rows = [dict(zip(names, (*kind, total), strict=True)) for kind, total in sums.items() if total]
        if rows:
            connection.execute(insert(table), rows)
