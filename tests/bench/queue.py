"""How long the scheduler's duties, and what spiders and operators ask, take with many open batches and with few.

A round has no free slot, as most have while many wait: what giving a run takes stands by itself.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from statistics import median
from typing import Any

from sqlalchemy import Engine, insert, text

from control.monitoring import backlog, statistics
from control.nodes.fleet import Member
from control.scheduler import closing, counting, dispatch, lining_up, rescue
from control.scheduler.__main__ import MARGIN_SECONDS, TICK_SECONDS, anything_open
from crawler.queue import demand, round_robin
from crawler.store import database
from crawler.store.database import writing
from crawler.store.models.accounts import User
from tests.bench import storage
from tests.bench.figures import Figure
from tests.bench.million import tidy

FEW, MANY = 100, 10_000
LINKS = 10  # of a batch
BATCHES = """
INSERT INTO batches (public_id, user_id, platform, created_at, deadline_at)
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :size - 1)
SELECT 'b' || n, 'u' || (n % :users), 'vk', :then + n / 1000.0, :then + 86400 FROM numbers
"""
PARTS = """
INSERT INTO parts (batch_id, platform, user_id, ready_since) SELECT id, 'vk', user_id, created_at FROM batches
"""
FIRST_IN_LINE = "UPDATE users SET first_in_line = (SELECT min(id) FROM batches WHERE user_id = users.id)"
POSTS = """
INSERT INTO posts (platform, key)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :links)
SELECT 'vk', 'wall-1_' || n FROM numbers
"""
WAITING = """
INSERT INTO links (batch_id, position, url, platform, post_id, status)
SELECT batches.id, posts.id - 1, 'https://vk.com/' || posts.key, 'vk', posts.id, 'created' FROM batches, posts
ORDER BY batches.id, posts.id
"""


SLOTS: defaultdict[Engine, Iterator[int]] = defaultdict(partial(count, 1))  # each run is left at work


def give_a_run(engine: Engine) -> None:
    """A slot is free, and all wait for it."""
    slots = next(SLOTS[engine])
    assert len(dispatch.enlist(engine, lambda _: [Member("http://127.0.0.1:6800", slots)])) == 1


OF_A_ROUND: dict[str, Callable[[Engine], Any]] = {
    "look": anything_open,
    "rescue": rescue.rescue,
    "expire": closing.expire,
    "close": partial(closing.close, seconds=TICK_SECONDS + MARGIN_SECONDS),
    "count": counting.count,
    "line up": lining_up.come_up,
    "pause": demand.next_ready,
}
ASKED: dict[str, Callable[[Engine], Any]] = {
    "longest_waiting, of each spider each second": demand.longest_waiting,
    "whose turn it is, of each tick with a free slot and each spider that has ended a run": round_robin.next_platform,
    "the oldest that waits, of /readyz and /metrics": backlog.oldest,
}
NOW_AND_THEN: dict[str, Callable[[Engine], Any]] = {
    "a run is given, once a slot is free": give_a_run,
    "all that is open is examined, once a minute": lining_up.examine,
    "links are counted, once a minute": statistics.links,
}


def measure(
    few: int = FEW, many: int = MANY, users: int = 100, times: int = 30, names: tuple[str, ...] = storage.NAMES
) -> list[Figure]:
    return [figure for name in names for figure in _measure(name, (few, min(few, users)), (many, users), times)]


def _measure(name: str, few: tuple[int, int], many: tuple[int, int], times: int) -> list[Figure]:
    small, large = _medians(name, *few, times), _medians(name, *many, times)
    rounds = [sum(found[duty] for duty in OF_A_ROUND) for found in (small, large)]
    where = f"{many[0]:,} open batches of {many[1]:,} users, {name}"
    how = "; ".join(f"{duty} {large[duty]:.1f}" for duty in OF_A_ROUND)
    figures = [
        Figure(f"a round of the scheduler's duties, {where}", rounds[1], "ms", at_most=10, how=how),
        Figure(f"the same ÷ with {few[0]:,}, {name}", rounds[1] / rounds[0], at_most=3, how=f"{rounds[0]:.1f} ms"),
    ]
    for what in (*ASKED, *NOW_AND_THEN):
        how = f"{large[what] / small[what]:.1f} times that with {few[0]:,}; median of {times}"
        most = 10 if what in ASKED else None
        figures.append(Figure(f"{what}, {where}", large[what], "ms", at_most=most, how=how))
    return figures


def _medians(name: str, size: int, users: int, times: int) -> dict[str, float]:
    with storage.storage(name) as url:
        engine = database.create(url=url)
        fill(engine, size, users)
        found = {what: _median(engine, duty, times) for what, duty in (OF_A_ROUND | ASKED | NOW_AND_THEN).items()}
        engine.dispose()
    return found


def _median(engine: Engine, duty: Callable[[Engine], Any], times: int) -> float:
    """In milliseconds. The first time does not count: statements are compiled, pages are read."""
    return median([_milliseconds(engine, duty) for _ in range(times + 1)][1:])


def _milliseconds(engine: Engine, duty: Callable[[Engine], Any]) -> float:
    began = time.perf_counter()
    duty(engine)
    return 1000 * (time.perf_counter() - began)


def fill(engine: Engine, size: int, users: int) -> None:
    """Store so many batches of so many users, whose links all wait."""
    values = {"size": size, "users": users, "links": LINKS, "then": time.time() - 3600}
    people = [{"id": f"u{number}", "username": f"u{number}", "password_hash": ""} for number in range(users)]
    with writing(engine) as connection:
        connection.execute(insert(User), people)
        for statement in (BATCHES, PARTS, FIRST_IN_LINE, POSTS, WAITING):
            connection.execute(text(statement), values)
    tidy(engine)
