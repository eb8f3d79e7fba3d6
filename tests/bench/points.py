"""What followed posts cost: gathering what is due in a minute, and the calls that a month's end needs."""

import math
import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine, func, select, text

from control.scheduler import points
from crawler.store import database
from crawler.store.database import read_clock, writing
from crawler.store.models.campaigns import Point, PointKind
from tests.bench import storage
from tests.bench.figures import Figure
from tests.bench.million import tidy
from tests.system import system

MINUTES = 9.5  # in which the last readings of a month are taken
A_DAY = 1440
READINGS_A_POST = 10 / 30  # of the default plan, a day
EXECUTED = {"wall.getById": 100, "execute": 2500}  # posts of a call at most
TOKENS = {"standin-service": "wall.getById", "standin-user": "execute"}
SPARE = 1.02  # so many times the least number of calls
PATIENCE_SECONDS = 600.0
POSTS = """
INSERT INTO posts (platform, key, owner)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :size)
SELECT 'vk', 'wall-' || (1 + n / 1000) || '_' || (1000 * (n % 1000 + 1) + 1), -(1 + n / 1000) FROM numbers
"""
FOLLOWED = """
INSERT INTO followed_posts (post_id, access_key, kind, due_at, from_at, late_at, handled_until, missing_times)
SELECT id, '', :kind, late, late - 60, late, 0, 0 FROM (
    SELECT id, CASE WHEN id < :first + :due THEN :now - 60 + 60.0 * (id - :first) / :due ELSE :now + 3600 END AS late
    FROM posts
) AS given
"""


def measure(
    size: int = 100_000, names: tuple[str, ...] = storage.NAMES, tokens: tuple[str, ...] = tuple(TOKENS)
) -> list[Figure]:
    gathered = [figure for name in names for figure in _of_a_minute(name, size)]
    return [*gathered, *(_calls(token, size) for token in tokens)]


def _of_a_minute(name: str, size: int) -> list[Figure]:
    minutes = {
        "a month's end": (PointKind.MONTH_END, size / MINUTES),
        "the default plan": (PointKind.AGE, size * READINGS_A_POST / A_DAY),
    }
    found = []
    for what, (kind, due) in minutes.items():
        with storage.storage(name) as url:
            engine = database.create(url=url)
            fill(engine, size, kind, int(due))
            found.append(_gathered(engine, f"{what}, {size:,} followed posts, {name}"))
            engine.dispose()
    return found


def fill(engine: Engine, size: int, kind: PointKind, due: int) -> None:
    """Let so many of the followed posts be due, as they came up within a minute, and the others later."""
    with writing(engine) as connection:
        connection.execute(text(POSTS), {"size": size})
        first = connection.execute(text("SELECT min(id) FROM posts")).scalar_one()
        values = {"kind": kind, "now": read_clock(connection), "first": first, "due": due}
        connection.execute(text(FOLLOWED), values)
    tidy(engine)


def _gathered(engine: Engine, what: str) -> Figure:
    began, cpu, taken, rounds = time.monotonic(), time.process_time(), 0, 0
    while some := points.gather(engine):
        taken, rounds = taken + some, rounds + 1
    spent, took = time.process_time() - cpu, time.monotonic() - began
    how = f"{taken:,} points in {rounds} rounds, {took:.2f} s"
    return Figure(f"processor of gathering a minute of {what}", spent, "s", at_most=1, how=how)


def _calls(token: str, size: int) -> Figure:
    """Count what the stand-in is asked for one side of a month's end, when all posts are due at once."""
    method = TOKENS[token]
    with tempfile.TemporaryDirectory() as name, system(Path(name) / "views", VK_TOKENS=token) as (running, vk):
        engine = database.create(url=f"sqlite:///{running.folder / 'var' / 'views.db'}")
        fill(engine, size, PointKind.MONTH_END, size)
        began = time.monotonic()
        running.until(lambda: _settled(engine) == size, PATIENCE_SECONDS, "done with a month's end")
        how = f"{time.monotonic() - began:.0f} s"
        engine.dispose()
        calls = vk.counts()["requests"][method]
    least = size / EXECUTED[method]
    most = max(SPARE * least, math.ceil(least) + 2)
    return Figure(f"calls of {method} for one side of a month's end of {size:,} posts", calls, at_most=most, how=how)


def _settled(engine: Engine) -> int:
    time.sleep(0.2)
    with engine.connect() as connection:
        settled = select(func.count()).select_from(Point).where(Point.reading_id.is_not(None))
        return connection.execute(settled).scalar_one()
