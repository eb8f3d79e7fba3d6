"""Rows to begin a test with."""

from sqlalchemy import insert, select

from crawler import acceptance
from crawler.acceptance import NewBatch
from crawler.database import writing
from crawler.models import Batch, Run, User, random_id
from crawler.platforms.contract import Rejected, Target
from crawler.reasons import Reason


def identify(text):
    """Take `wall-1_2` for a post, all else for nothing: the platforms' own rules have their own tests."""
    owner, _, item = text.removeprefix("wall").partition("_")
    if not text.startswith("wall"):
        return Rejected(Reason.INVALID_LINK, "bad_host")
    return Target("vk", "wall", int(owner), int(item), text)


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
