"""The posts of a simulated month as they really are: readings, values and reasons are held against them."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from control.reports.value_at import Value
from tests.vk_standin import growth
from tests.vk_standin.growth import WALLS, Post

ON_A_WALL = 900  # items from 901 on have other fates too
MOST = 1_000_000  # posts among which those of some hours are looked for
GONE = {"not_found", "deleted"}


def numbers(count: int) -> Iterator[tuple[int, int]]:
    """Name so many posts: owner and item."""
    for number in range(count):
        yield -(WALLS[0] + number // ON_A_WALL), number % ON_A_WALL + 1


def born_within(begin: float, end: float, count: int) -> list[tuple[int, int]]:
    """Name so many posts that are published between two moments."""
    posts = (post for post in numbers(MOST) if begin <= post_of(link(*post)).published_at < end)
    found = list(islice(posts, count))
    assert len(found) == count
    return found


def link(owner: int, item: int) -> str:
    return f"https://vk.com/wall{owner}_{item}"


def post_of(key: str) -> Post:
    """Return the post of a key, or of a link."""
    owner, item = re.findall("-?[0-9]+", key)
    post = growth.of(int(owner), int(item))
    assert post, key
    return post


def check_reading(reading: Any) -> None:
    """It is what the post had at a moment between request and answer."""
    post = post_of(reading.key)
    ranges = list(growth.within(post, reading.asked_at, reading.measured_at))
    assert reading.asked_at <= reading.measured_at, reading
    assert any(low <= reading.views <= high for low, high in ranges), (reading, ranges, post)


def lies_within(true: int, low: int | None, high: int | None) -> bool:
    return (low is None or low <= true) and (high is None or true <= high)


def holds(post: Post, moment: float, value: Value) -> bool:
    """Whether the bounds hold. Where they do not, a fall lies between the two readings."""
    true = growth.views(post, moment)
    if lies_within(true, value.low, value.high):
        return True
    begin = value.before.asked_at if value.before else post.published_at
    end = value.after.answered_at if value.after else moment
    assert growth.falls_within(post, begin, end), (post, moment, value, true)
    return False
