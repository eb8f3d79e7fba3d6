"""How many links of a batch have which status. A closed batch stores these counts itself."""

from typing import Any

from sqlalchemy import Connection, Row, func, select

from crawler.store.models.batches import Link, Status

Counts = dict[str, int]


def link_counts(connection: Connection, batch: Row[Any]) -> Counts | None:
    """Return the counts by status. None if the batch was deleted after its row was read."""
    if batch.done is not None:
        return {**dict.fromkeys(Status, 0), Status.DONE: batch.done, Status.FAILED: batch.failed}
    return _count(connection, batch.id)


def _count(connection: Connection, batch_id: int) -> Counts | None:
    """Count the links that are not done; all others are. The last position tells how many there are in all."""
    rest = [status for status in Status if status != Status.DONE]
    links = select(func.max(Link.position) + 1).where(Link.batch_id == batch_id).scalar_subquery()
    counted = (
        select(func.count()).where(Link.batch_id == batch_id, Link.status == status).scalar_subquery()
        for status in rest
    )
    total, *found = connection.execute(select(links, *counted)).one()
    if total is None:
        return None
    return {**dict.fromkeys(Status, total - sum(found)), **dict(zip(rest, found, strict=True))}
