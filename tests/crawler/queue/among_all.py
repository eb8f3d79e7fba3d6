"""Whose turn it is, looked for among all that is open: what the queue finds in line has to be the same."""

from sqlalchemy import func, select

from crawler.queue.demand import awaits_run
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch, Part


def in_turn(connection, limit):
    place = func.row_number().over(partition_by=Batch.user_id, order_by=(Part.served_at, Batch.id, Part.platform))
    parts = select(Batch.id, Batch.user_id, Part.platform).join(Part, Part.batch_id == Batch.id)
    waiting = parts.join(User, User.id == Batch.user_id).where(Batch.closed_at.is_(None), awaits_run())
    return connection.execute(waiting.order_by(place, User.served_at, Batch.id).limit(limit)).all()
