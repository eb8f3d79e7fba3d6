"""How long reads take with a million links in the database."""

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
from tests.bench.server import Server

POSTS = """
INSERT INTO posts (platform, key)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :size)
SELECT 'vk', 'wall-' || :owner || '_' || n FROM numbers
"""
READINGS = """
INSERT INTO readings (post_id, run_id, views, likes, comments, reposts, source, http_status, measured_at)
SELECT id, :run, 1000 + id, id % 300, id % 20, id % 7, 'wall.getById 5.199', 200, 1790000000
FROM posts WHERE id > :last ORDER BY id
"""
LINKS = """
INSERT INTO links (
    batch_id, position, url, platform, post_id, status, reason, reading_id, views, run_id, sent, finished_at
)
SELECT :batch, posts.id - :last - 1, 'https://vk.com/' || posts.key, 'vk', posts.id,
CASE WHEN posts.id % 20 = 0 THEN 'failed' ELSE 'done' END,
CASE WHEN posts.id % 20 = 0 THEN 'not_found' END,
CASE WHEN posts.id % 20 = 0 THEN NULL ELSE readings.id END,
CASE WHEN posts.id % 20 = 0 THEN NULL ELSE readings.views END,
:run, true, 1790000000
FROM posts JOIN readings ON readings.post_id = posts.id WHERE posts.id > :last ORDER BY posts.id
"""


def measure(
    batches: int = 10, size: int = 100_000, times: int = 200, names: tuple[str, ...] = storage.NAMES
) -> list[Figure]:
    return [figure for name in names for figure in _measure(name, batches, size, times)]


def _measure(name: str, batches: int, size: int, times: int) -> list[Figure]:
    with storage.storage(name) as url, Server(url) as server:
        engine = database.create(url=url)
        ids = [fill(engine, server.user, owner, size) for owner in range(1, batches + 1)]
        tidy(engine)
        engine.dispose()
        links = f"{batches * size:,} links, {name}"
        batch = [f"/batches/{id_}" for id_ in ids]
        page = [f"/batches/{id_}/links?cursor={size // 2}" for id_ in ids]
        figures = [
            _figure(server, f"GET of a batch among {links}, p95", batch, times),
            _figure(server, f"GET of a page of 100 of its links among {links}, p95", page, times),
        ]
        return [*figures, _streamed(server, links)]


def _figure(server: Server, what: str, paths: list[str], times: int) -> Figure:
    before = server.usage.cpu
    ms = [1000 * server.ask("GET", path) for path in islice(cycle(paths), times)]
    spent = 1000 * (server.usage.cpu - before) / times
    how = f"{times} times, {len(paths)} batches in turn; median {median(ms):.1f} ms, {spent:.1f} of the API's processor"
    return Figure(what, p95(ms), "ms", at_most=25, how=how)


def _streamed(server: Server, links: str) -> Figure:
    server.forget_peak()
    before = server.usage.megabytes
    seconds = server.ask("GET", "/get-bg-tasks")
    how = f"{server.length / 1e6:.0f} MB in {seconds:.1f} s; before it {before:.0f} MB"
    return Figure(
        f"the API's peak memory, /get-bg-tasks of {links}", server.usage.megabytes, "MB", at_most=150, how=how
    )


def fill(engine: Engine, user: str, owner: int, size: int, links: str = LINKS) -> str:
    """Store a finished batch; of its links 19 in 20 are done. Return its id."""
    with writing(engine) as connection:
        batch = {"user_id": user, "platform": "vk", "deadline_at": now() + 86_400}
        id_, public_id = connection.execute(insert(Batch).values(batch).returning(Batch.id, Batch.public_id)).one()
        last = connection.execute(text("SELECT coalesce(max(id), 0) FROM posts")).scalar()
        values = {"owner": str(owner), "size": size, "last": last, "batch": id_, "run": random_id()}
        for statement in (POSTS, READINGS, links):
            connection.execute(text(statement), values)
        connection.execute(closing().where(Batch.id == id_))
    return str(public_id)


def tidy(engine: Engine) -> None:
    """Do what PostgreSQL does by itself within a minute or so; SQLite has nothing of the kind."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
