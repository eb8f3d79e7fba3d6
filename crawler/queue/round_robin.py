"""Whose batch gets a run next: everybody's first before anybody's second, whoever gives or takes the run."""

from typing import Any

from sqlalchemy import Connection, Engine, Select, func, insert, select, update

from crawler.queue.claims import parts
from crawler.queue.demand import awaits_run
from crawler.store.database import now
from crawler.store.models.accounts import User
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch, Part
from crawler.store.models.runs import Run


def in_turn(limit: int) -> Select[*tuple[Any, ...]]:
    """Parts of batches that wait for a run, with their users: of two first ones, whose user was served longest ago."""
    place = func.row_number().over(partition_by=Batch.user_id, order_by=(Part.served_at, Batch.id))
    return (
        parts(Batch.id, Batch.user_id, Part.platform)
        .join(User, User.id == Batch.user_id)
        .where(awaits_run())
        .order_by(place, User.served_at, Batch.id)
        .limit(limit)
    )


def next_platform(engine: Engine) -> str | None:
    """Name the platform whose turn it is; None: nobody waits for a run."""
    with engine.connect() as connection:
        row = connection.execute(in_turn(1)).one_or_none()
    return row.platform if row else None


def give_run(connection: Connection, batch_id: int, user_id: str, platform: str, **values: Any) -> str | None:
    """Commit a run for a part, with these values of its own; its id. None: the batch is being deleted."""
    there = select(Batch.id).where(Batch.id == batch_id)
    if not connection.execute(there.with_for_update(read=True, key_share=True, skip_locked=True)).first():
        return None
    run = {"id": random_id(), "batch_id": batch_id, "platform": platform}
    connection.execute(insert(Run).values(**run | values))
    part = (Part.batch_id == batch_id, Part.platform == platform)
    connection.execute(update(Part).where(*part).values(served_at=now()))
    connection.execute(update(User).where(User.id == user_id).values(served_at=now()))
    return str(run["id"])
