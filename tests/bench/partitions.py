"""What lists and histories cost where readings have a partition for each of 24 months, beside a table without any."""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from random import Random

from sqlalchemy import Connection, Engine, insert, text

from control.batches import all_links
from control.reports import history, values
from control.reports.values import Question
from crawler.store import database
from crawler.store.database import writing
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch
from crawler.store.partitions import conversion, keeping
from crawler.store.partitions.months import Month
from tests.bench import report, storage
from tests.bench.figures import Figure
from tests.bench.million import tidy
from tests.bench.usage import usage

MONTHS, BEGIN = 24, 1_735_700_000
AGES = (3600, 86_400, 7 * 86_400, 30 * 86_400)
POSTS = """
INSERT INTO posts (platform, key, published_at)
SELECT 'vk', 'wall-1_' || n, :begin + (n::float / :posts * (24 - :span) * 2629800)::bigint
FROM generate_series(1, :posts) n
"""
READINGS = """
INSERT INTO readings (id, post_id, views, likes, comments, reposts, source, http_status, asked_at, measured_at)
SELECT (:firsts)[1 + floor((at - :begin) / 2629800)::int] + row_number() OVER (ORDER BY at),
id, n, 30, 2, 1, 'x', 200, at, at
FROM posts, generate_series(1, :each) n, LATERAL (SELECT published_at + (:span * 2629800.0 - 9000) / :each * n AS at) x
"""
KEPT = "INSERT INTO kept_readings (user_id, reading_id) SELECT 'anna', id FROM readings"
LINKS = """
INSERT INTO links (batch_id, position, url, platform, post_id, status, reading_id, views)
SELECT :batch, post_id, 'x', 'vk', post_id, 'done', id, views FROM readings WHERE views = :each
"""


def measure(posts: int = 2_000, each: int = 60, times: int = 50) -> list[Figure]:
    """Measure with posts that were read in two months each, and with a tenth of them that were read in all."""
    return [*_measure(posts, each, 2, times), *_measure(posts // 10, each, MONTHS, times)]


def _measure(posts: int, each: int, span: int, times: int) -> Iterator[Figure]:
    plain, parted = (_times(posts, each, span, times, split) for split in (False, True))
    for what, before in plain.items():
        among = f"{posts * each:,} readings, {span} months of a post"
        how = f"{1000 * parted[what]:.1f} ms of processors ÷ {1000 * before:.1f}; {among}"
        yield Figure(f"{what}, {MONTHS} partitions ÷ none", parted[what] / before, how=how)


def _times(posts: int, each: int, span: int, times: int, split: bool) -> dict[str, float]:
    with storage.storage(storage.POSTGRESQL) as url:
        engine = database.create(url=url)
        fill(engine, posts, each, span, split=split)
        tidy(engine)
        with engine.connect() as connection:
            found = {what: _spent(connection, ask, times) for what, ask in _asked(connection, posts).items()}
        engine.dispose()
    return found


def fill(engine: Engine, posts: int, each: int, span: int, *, split: bool) -> None:
    """Store posts that were read so often within so many months, one after the other."""
    with engine.connect() as connection:
        month = Month.of(database.read_clock(connection))
    if split:
        conversion.convert(engine, lambda _line: None)
        for ahead in range(keeping.MONTHS_AHEAD + 1, MONTHS + 1):
            keeping.make(engine, month.later(ahead))
    with writing(engine) as connection:
        connection.execute(insert(User).values(id="anna", username="anna", password_hash=""))
        batch = {"user_id": "anna", "platform": "vk", "deadline_at": 0, "closed_at": 0, "created_at": 0}
        batch_id = connection.execute(insert(Batch).values(batch).returning(Batch.id)).scalar_one()
        values_ = {"begin": BEGIN, "posts": posts, "each": each, "span": span, "batch": batch_id}
        firsts = [month.later(ahead).first_id for ahead in range(MONTHS + 1)]
        for statement in (POSTS, READINGS, KEPT, LINKS):
            connection.execute(text(statement), values_ | {"firsts": firsts})


def _asked(connection: Connection, posts: int) -> dict[str, Callable[[], object]]:
    chosen = Random(1).sample(range(1, posts + 1), min(100, posts))
    named = text(
        "SELECT links.id, published_at FROM links JOIN posts ON posts.id = post_id WHERE position = ANY(:some)"
    )
    rows = connection.execute(named, {"some": chosen}).all()
    questions = [Question(id_, float(since), since + age) for id_, since in rows for age in AGES]
    subjects = [history.of_link(connection, "anna", 1, position) for position in chosen[:5]]
    return {
        "values of 100 links at four ages": lambda: values.ask(connection, "anna", questions),
        "the readings of a post": lambda: [
            list(history.readings(connection, each, history.Part(), 100)) for each in subjects
        ],
        "a page of 500 links": lambda: connection.execute(all_links._rest(1, -1)).all(),
    }


def _spent(connection: Connection, ask: Callable[[], object], times: int) -> float:
    """Seconds of processors, ours and PostgreSQL's: others who work on the machine do not matter."""
    pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    for _ in range(12):
        ask()  # PostgreSQL and the driver choose how they go on with a statement by its first uses
    before = usage(pid).cpu + time.process_time()
    for _ in range(times):
        ask()
    return (usage(pid).cpu + time.process_time() - before) / times


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.partitions", description=__doc__)
    parser.add_argument("--posts", type=int, default=2_000)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    report.publish({"partitions": measure(options.posts)})


if __name__ == "__main__":
    main()
