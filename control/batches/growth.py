"""How much the views of a batch's links have grown since the batch that it repeats."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from control.batches.progress import Progress, read
from crawler.store.models.batches import Batch, Link

THEN = aliased(Link)
MOST_KNOWN = 1000  # sums that this process remembers

Sums = tuple[int, int | None, int | None]
_known: dict[tuple[str, str], Sums] = {}  # by both batches' public ids: links of closed batches never change


class Growth(NamedTuple):
    """`then` has the views in the earlier batch by the links' positions; links without a number are not in it.

    The sums are of the links that have a number in both batches, `None` where none has, or one batch is not over.
    """

    earlier: Progress
    then: dict[int, int]
    both: int
    sum_then: int | None
    sum_now: int | None

    @property
    def whole(self) -> int | None:
        """How much the sum has grown."""
        return None if self.sum_then is None or self.sum_now is None else self.sum_now - self.sum_then

    def of(self, position: int, views: int | None) -> int | None:
        """Of one link, which has so many views now."""
        then = self.then.get(position)
        return None if then is None or views is None else views - then


def since(connection: Connection, batch_id: int, batch: Progress, positions: Sequence[int]) -> Growth | None:
    """Compare these links; None where the batch repeats none, or one that is deleted or another user's."""
    theirs = select(Batch.user_id).where(Batch.id == batch_id).scalar_subquery()
    old = select(Batch.id).where(Batch.public_id == batch.repeat_of, Batch.user_id == theirs)
    old_id = connection.execute(old).scalar() if batch.repeat_of else None
    if old_id is None:
        return None
    found = select(Link.position, Link.views).where(Link.batch_id == old_id, Link.position.in_(positions))
    then = {position: views for position, views in connection.execute(found) if views is not None}
    earlier = read(connection, old_id)
    over = batch.closed_at is not None and earlier.closed_at is not None
    sums = _of_both(connection, (earlier.public_id, old_id), (batch.public_id, batch_id)) if over else (0, None, None)
    return Growth(earlier, then, *sums)


def _of_both(connection: Connection, old: tuple[str, int], new: tuple[str, int]) -> Sums:
    """Add up the pairs of two closed batches once: there may be 100,000, and each page of the table shows the sum."""
    pair = old[0], new[0]
    sums = _known.get(pair)
    if sums is None:
        sums = _sums(connection, old[1], new[1])
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[pair] = sums
    return sums


def _sums(connection: Connection, old_id: int, new_id: int) -> Sums:
    pairs = select(func.count(), func.sum(THEN.views), func.sum(Link.views)).select_from(Link)
    pairs = pairs.join(THEN, (THEN.batch_id == old_id) & (THEN.position == Link.position))
    which = (Link.batch_id == new_id, Link.views.is_not(None), THEN.views.is_not(None))
    both, sum_then, sum_now = connection.execute(pairs.where(*which)).one()
    return both, _number(sum_then), _number(sum_now)


def _number(value: object) -> int | None:
    """PostgreSQL adds up large numbers as decimals."""
    return None if value is None else int(str(value))
