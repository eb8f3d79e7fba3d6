"""Ad-hoc runs: links from the command line, worked in a private database that is thrown away afterwards."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, insert, select

from crawler import acceptance, database, platforms
from crawler.acceptance import NewBatch
from crawler.database import writing
from crawler.items import Row
from crawler.models import Base, Batch, Link, Reading, Run, User, random_id
from crawler.reasons import Reason

NEVER = 1e9  # seconds: an ad-hoc run has no deadline


def links(argument: str) -> list[str]:
    """Read the links out of `URL URL`, `@file` or `-` (standard input): separated by white space.

    Raises ValueError where there are none, and OSError or UnicodeDecodeError where the file cannot be read.
    """
    text = argument
    if argument == "-":
        text = sys.stdin.read()
    elif argument.startswith("@"):
        text = Path(argument[1:]).read_text(encoding="utf-8-sig")
    found = text.split()
    if not found:
        raise ValueError("there is no link in it")
    return found


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
        select(Link.url, Reading.views, Reading.likes, Reading.comments, Reading.reposts, Link.reason)
        .outerjoin(Reading, Reading.id == Link.reading_id)
        .order_by(Link.position)
    )
    with engine.connect() as connection:
        return [
            Row(link, views, likes, comments, reposts, reason or (Reason.CANCELLED.value if views is None else None))
            for link, views, likes, comments, reposts, reason in connection.execute(statement)
        ]
