"""What a post's history takes to read: values at ages in a list, and a page of readings, among a million of them."""

from itertools import cycle, islice
from statistics import median

from sqlalchemy import Engine, insert, text

from crawler.queue.cancellation import closing
from crawler.store import database
from crawler.store.database import now, writing
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch
from tests.bench import storage
from tests.bench.figures import Figure, p95
from tests.bench.million import LINKS, POSTS, tidy
from tests.bench.server import Server

AGES = "1h,24h,7d,30d"
PUBLISHED = 1_787_000_000
PUBLISHING = f"UPDATE posts SET published_at = {PUBLISHED}"
READINGS = f"""
INSERT INTO readings (post_id, run_id, views, likes, comments, reposts, source, http_status, asked_at, measured_at)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :each)
SELECT id, :run, 1000 * n, 30, 2, 1, 'wall.getById 5.199', 200, {PUBLISHED} + 3000 * n - 0.2, {PUBLISHED} + 3000 * n
FROM posts, numbers
WHERE id > :last
"""
KEPT = "INSERT INTO kept_readings (user_id, reading_id) SELECT :user, id FROM readings"
NEWEST = "readings.id = (SELECT max(id) FROM readings WHERE post_id = posts.id)"
ENDED = LINKS.replace("readings.post_id = posts.id", NEWEST)


def measure(
    posts: int = 1_000, each: int = 1_000, times: int = 100, names: tuple[str, ...] = storage.NAMES
) -> list[Figure]:
    """Measure with `each` readings of so many posts, which their user has seen one after the other."""
    return [figure for name in names for figure in _measure(name, posts, each, times)]


def _measure(name: str, posts: int, each: int, times: int) -> list[Figure]:
    with storage.storage(name) as url, Server(url) as server:
        engine = database.create(url=url)
        batch = fill(engine, server.user, posts, each)
        tidy(engine)
        engine.dispose()
        among = f"among {posts * each:,} readings, {name}"
        pages = [f"/batches/{batch}/links?ages={AGES}&cursor={start}" for start in range(0, posts, 100)]
        of_posts = [f"/posts/vk/wall-1_{item}/readings?limit=1000" for item in range(1, posts + 1, 7)]
        return [
            _figure(server, f"GET of 100 links with values at four ages {among}, p95", pages, times, 60),
            _figure(server, f"GET of the {min(each, 1000):,} readings of a post {among}, p95", of_posts, times, 30),
        ]


def _figure(server: Server, what: str, paths: list[str], times: int, most: float) -> Figure:
    before = server.usage.cpu
    ms = [1000 * server.ask("GET", path) for path in islice(cycle(paths), times)]
    spent = 1000 * (server.usage.cpu - before) / times
    how = f"{times} times; median {median(ms):.1f} ms, {spent:.1f} of the API's processor"
    return Figure(what, p95(ms), "ms", at_most=most, how=how)


def fill(engine: Engine, user: str, posts: int, each: int) -> str:
    """Store a finished batch whose user goes on seeing all earlier readings of its posts. Return its id."""
    with writing(engine) as connection:
        batch = {"user_id": user, "platform": "vk", "deadline_at": now() + 86_400}
        id_, public_id = connection.execute(insert(Batch).values(batch).returning(Batch.id, Batch.public_id)).one()
        values = {"owner": "1", "size": posts, "each": each, "last": 0, "batch": id_, "run": random_id(), "user": user}
        for statement in (POSTS, PUBLISHING, READINGS, KEPT, ENDED):
            connection.execute(text(statement), values)
        connection.execute(closing().where(Batch.id == id_))
    return str(public_id)
