"""Ad-hoc runs: links from the command line, worked in a private database that is thrown away afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, insert, select

from crawler import platforms
from crawler.items import Row
from crawler.platforms.contract import COUNTS
from crawler.queue import acceptance
from crawler.queue.acceptance import NewBatch
from crawler.reasons import Reason
from crawler.store import database
from crawler.store.database import reading, writing
from crawler.store.models.accounts import User
from crawler.store.models.base import Base, random_id
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Reading
from crawler.store.models.runs import Run

NEVER = 1e9  # seconds: an ad-hoc run has no deadline


@contextmanager
def private_run(platform: str, given: list[str]) -> Iterator[tuple[Engine, str]]:
    """A database with one batch of these links and a run for it; gone when the context ends."""
    with tempfile.TemporaryDirectory(prefix="views-stats-") as folder:
        engine = database.create(url=f"sqlite:///{folder}/views.db")
        Base.metadata.create_all(engine)
        try:
            yield engine, _accept(engine, platform, given)
        finally:
            engine.dispose()


def _accept(engine: Engine, platform: str, given: list[str]) -> str:
    user_id, run_id = random_id(), random_id()
    entries = acceptance.entries(given, platforms.known()[platform].identify)
    with writing(engine) as connection:
        connection.execute(insert(User).values(id=user_id, username="", password_hash=""))
        acceptance.store(connection, NewBatch(user_id, platform, NEVER), entries)
        batch_id = connection.execute(select(Batch.id)).scalar_one()
        connection.execute(insert(Run).values(id=run_id, batch_id=batch_id, platform=platform, node=""))
    return run_id


def rows(engine: Engine) -> list[Row]:
    """The links in the order given. One that is not final yet was cut off: somebody stopped the run."""
    statement = (
        select(Link.url, *(getattr(Reading, name) for name in COUNTS), Link.reason)
        .outerjoin(Reading, Reading.id == Link.reading_id)
        .order_by(Link.position)
    )
    with reading(engine) as connection:
        return [
            Row(
                link=found.url,
                **{name: getattr(found, name) for name in COUNTS},
                reason=found.reason or (Reason.CANCELLED.value if found.views is None else None),
            )
            for found in connection.execute(statement)
        ]
