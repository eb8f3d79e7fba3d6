"""Posts that live: what each has at every moment is a pure function of the post and the time, in seconds since 1970.

They are the posts of walls with very large numbers. The shape of a post is in its item, its size and pace by chance.
The curves are assumed, as in tests/control/reports/growth_curves.py: nobody has published VK's.
"""

import math
from collections.abc import Iterator
from enum import IntEnum
from functools import cache
from hashlib import sha256
from struct import Struct
from typing import NamedTuple

WALLS = range(3_000_000_000, 4_000_000_000)
MONTH = 1_793_480_400  # 1 November 2026, 00:00 in Moscow
HOUR, DAY = 3600, 86_400
ZONE = 3 * HOUR  # of Moscow
NIGHT = HOUR, 8 * HOUR
AT_NIGHT = 0.15  # of what a day's hour brings
A_DAY = DAY - (NIGHT[1] - NIGHT[0]) * (1 - AT_NIGHT)  # seconds that count of a day
CHANCES = Struct("!8I")
RESTORED_AFTER = 2 * DAY
STEP_PARTS = 40  # a counter in steps shows these parts of all its views
LOST_PARTS = 5  # one of so many views is taken off by a fall
ERID = "2SDnje{:06}"


class Shape(IntEnum):
    """How a post grows, and what happens to it at its turn."""

    SATURATING = 0  # fast at first, then ever more slowly
    STEPS = 1  # the counter is renewed now and then
    NIGHTS = 2  # few see it at night
    FALL = 3  # at its turn VK takes views off
    EDITED = 4  # at its turn the text changes, and its erid is gone
    DELETED = 5  # at its turn, for good
    RESTORED = 6  # deleted at its turn, and there again two days later


class Post(NamedTuple):
    """`turn` is the moment at which something happens to it; `scale` (seconds) and `steepness` are its curve's."""

    shape: Shape
    published_at: int
    turn: int
    total: int
    scale: float
    steepness: float
    erid: str


@cache
def of(owner: int, item: int) -> Post | None:
    """Return the post of this wall and number, if it is one that lives."""
    if -owner not in WALLS:
        return None
    chances = [number / 2**32 for number in CHANCES.unpack(sha256(f"growth {owner} {item}".encode()).digest())]
    half_life, steepness = 2 * HOUR * 12 ** chances[0], 0.5 + 0.4 * chances[1]
    published_at = MONTH + int((22 * chances[2] - 2) * DAY)
    return Post(
        Shape(item % len(Shape)),
        published_at,
        published_at + int(HOUR * 120 ** chances[3]),
        int(1000 * 500 ** chances[4]),
        half_life / math.log(2) ** (1 / steepness),
        steepness,
        ERID.format(item % 10**6) if item % 2 else "",
    )


def views(post: Post, moment: float) -> int:
    """Return its counter, also while it is not shown. Only a fall makes it smaller."""
    grown = _grown(post, moment)
    if post.shape == Shape.FALL and moment >= post.turn:
        return grown - _grown(post, post.turn) // LOST_PARTS
    return grown


def is_there(post: Post, moment: float) -> bool:
    """Whether VK shows it."""
    if moment < post.published_at:
        return False
    if post.shape == Shape.DELETED:
        return moment < post.turn
    return post.shape != Shape.RESTORED or not post.turn <= moment < post.turn + RESTORED_AFTER


def edited_at(post: Post, moment: float) -> int | None:
    return post.turn if post.shape == Shape.EDITED and moment >= post.turn else None


def text(post: Post, moment: float) -> str:
    """Return its text, with its erid unless an edit has taken that off."""
    if edited_at(post, moment):
        return "Новый текст"
    return f"Реклама. erid: {post.erid}" if post.erid else "Текст"


def within(post: Post, begin: float, end: float) -> Iterator[tuple[int, int]]:
    """Yield the ranges in which its counter was between two moments: one, or two with a fall in between."""
    if falls_within(post, begin, end):
        yield views(post, begin), _grown(post, post.turn)
        begin = post.turn
    yield views(post, begin), views(post, end)


def falls_within(post: Post, begin: float, end: float) -> bool:
    return post.shape == Shape.FALL and begin < post.turn <= end


def _grown(post: Post, moment: float) -> int:
    if moment <= post.published_at:
        return 0
    age = moment - post.published_at
    if post.shape == Shape.NIGHTS:
        age = _awake(moment) - _awake(post.published_at)
    share = 1 - math.exp(-((age / post.scale) ** post.steepness))
    if post.shape == Shape.STEPS:
        share = math.floor(share * STEP_PARTS) / STEP_PARTS
    return int(post.total * share)


def _awake(moment: float) -> float:
    """Return the time until a moment in which people are awake, where a night counts for less than it lasts."""
    days, of_day = divmod(moment + ZONE, DAY)
    night = min(max(of_day - NIGHT[0], 0), NIGHT[1] - NIGHT[0])
    return days * A_DAY + of_day - night * (1 - AT_NIGHT)
