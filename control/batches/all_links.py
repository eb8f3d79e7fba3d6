"""All links of a user, read page by page."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, Row, Select, func, select

from crawler.store.database import reading
from crawler.store.lookup import end_of_range, looked_up
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Reading

ROWS_AT_ONCE = 500  # more rows at once would save no time and take more memory
Rows = Sequence[Row[Any]]


def read_pages(engine: Engine, user_id: str) -> Iterator[Rows]:
    """Read page by page, so that no transaction is open while we wait for the client."""
    with reading(engine) as connection:
        newest = connection.execute(select(func.max(Batch.id)).where(Batch.user_id == user_id)).scalar()
    batch_id, position = 0, -1
    while True:
        with reading(engine) as connection:
            rows = connection.execute(_rest(batch_id, position)).all()
            if len(rows) < ROWS_AT_ONCE:
                later = _later(user_id, batch_id, newest or 0, ROWS_AT_ONCE - len(rows))
                rows = [*rows, *connection.execute(later).all()]
        if not rows:
            return
        yield rows
        batch_id, position = rows[-1].batch_id, rows[-1].position


def _rest(batch_id: int, position: int) -> Select[*tuple[Any, ...]]:
    rest = _rows().where(Link.batch_id == batch_id, Link.position > position)
    return rest.order_by(Link.position).limit(ROWS_AT_ONCE)


def _later(user_id: str, batch_id: int, newest: int, limit: int) -> Select[*tuple[Any, ...]]:
    """Select the first links of later batches, with a limit for each batch: PostgreSQL would sort all of its links."""
    batches = _rows().join(Batch, Batch.id == Link.batch_id).where(Batch.user_id == user_id, Link.position < limit)
    in_range = (Batch.id > end_of_range(batch_id), Batch.id <= end_of_range(newest))
    return batches.where(*in_range).order_by(Batch.id, Link.position).limit(limit)


def _rows() -> Select[*tuple[Any, ...]]:
    columns = (Link.batch_id, Link.position, Link.platform, Link.url, Link.status, Reading.views)
    return select(*columns).outerjoin(Reading, looked_up(Reading.id, Link.reading_id))
