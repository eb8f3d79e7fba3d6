"""What a batch has come to, beside the counts of its links: why links failed, and the median of the views."""

from sqlalchemy import Connection, func, select

from crawler.store.models.batches import Link


def failures(connection: Connection, batch_id: int) -> dict[str, int]:
    """Count how many links failed for each reason, the most frequent first."""
    count = func.count().label("count")
    by_reason = select(Link.reason, count).where(Link.batch_id == batch_id, Link.reason.is_not(None))
    rows = connection.execute(by_reason.group_by(Link.reason).order_by(count.desc(), Link.reason)).all()
    return {reason: number for reason, number in rows if reason}


def median(connection: Connection, batch_id: int, done: int) -> int | None:
    """Return the median of the views; None if no link is done."""
    if not done:
        return None
    ranked = select(Link.views).where(Link.batch_id == batch_id, Link.views.is_not(None)).order_by(Link.views.desc())
    middle = connection.execute(ranked.offset((done - 1) // 2).limit(2 - done % 2)).scalars().all()
    known = [views for views in middle if views is not None]
    return round(sum(known) / len(known)) if known else None
