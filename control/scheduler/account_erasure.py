"""Users who deleted themselves: what is theirs is removed, some links at a time, then they are."""

from time import monotonic

from sqlalchemy import Connection, Engine, delete, select, update

from control.campaigns import campaigns
from crawler.queue import line
from crawler.queue.erasure import erase_batch, erase_links
from crawler.store.database import now, reading, writing
from crawler.store.models.accounts import User, UserState
from crawler.store.models.batches import Batch
from crawler.store.models.campaigns import Campaign

SLICE_SECONDS = 0.2  # of each round: meanwhile batches wait for their runs
LINKS_AT_ONCE = 2_000  # a few at a time, so that others can write in between


def erase(engine: Engine) -> bool:
    """Go on for a while; whether something is left. Killed at any point, the next round goes on."""
    end = monotonic() + SLICE_SECONDS
    while left := _step(engine):
        if monotonic() >= end:
            break
    return left


def _step(engine: Engine) -> bool:
    """Remove some links of a user who left, or a batch, a campaign, or the user; whether there was anybody."""
    gone = User.state == UserState.LEAVING
    with reading(engine) as connection:
        user_id = connection.execute(select(User.id).where(gone).limit(1)).scalar()
    if user_id is None:
        return False
    with writing(engine) as connection:
        batch_id = connection.execute(select(Batch.id).where(Batch.user_id == user_id).limit(1)).scalar()
        if batch_id is None:
            _remove_campaign_or_user(connection, user_id)
            return True
        closed = update(Batch).where(Batch.id == batch_id, Batch.closed_at.is_(None))
        connection.execute(closed.values(closed_at=now()))  # so that it gets no run any more
        line.close(connection, [batch_id])
        if not erase_links(connection, batch_id, LINKS_AT_ONCE):
            erase_batch(connection, batch_id)
    return True


def _remove_campaign_or_user(connection: Connection, user_id: str) -> None:
    """Remove a campaign of theirs, or the user once there is none."""
    campaign_id = connection.execute(select(Campaign.id).where(Campaign.user_id == user_id).limit(1)).scalar()
    if campaign_id is None:
        connection.execute(delete(User).where(User.id == user_id, User.state == UserState.LEAVING))
    else:
        campaigns.erase(connection, campaign_id)
