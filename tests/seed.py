"""Rows to begin a test with."""

from sqlalchemy import insert, select

from control.nodes.fleet import Member
from crawler.platforms.contract import Rejected, Target
from crawler.queue import acceptance
from crawler.queue.acceptance import NewBatch
from crawler.reasons import Reason
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch
from crawler.store.models.runs import Run


def identify(text):
    """Take `wall-1_2` or `video-1_2` for a post, all else for nothing: the rules of platforms have their own tests."""
    for kind in ("wall", "video"):
        if text.startswith(kind):
            owner, _, item = text.removeprefix(kind).partition("_")
            return Target("vk", kind, int(owner), int(item), text)
    return Rejected(Reason.INVALID_LINK, "bad_host")


def seed(engine, links, user=None, seconds=3600.0, run=True):
    """Store a user (unless given), a batch of links and a run for it. Return the run's id, or the batch's."""
    with writing(engine) as connection:
        if user is None:
            user = random_id()
            connection.execute(insert(User).values(id=user, username=user, password_hash=""))
        batch = NewBatch(user, "vk", seconds)
        acceptance.store(connection, batch, acceptance.entries(links, identify))
        batch_id = connection.execute(select(Batch.id).where(Batch.public_id == batch.public_id)).scalar_one()
        if not run:
            return batch_id
        run_id = random_id()
        connection.execute(insert(Run).values(id=run_id, batch_id=batch_id, platform="vk", node=""))
    return run_id


def fleet(*urls, slots):
    """Look for nodes, as the scheduler does: these, with so many slots each."""
    return lambda _connection: [Member(url, slots) for url in urls]
