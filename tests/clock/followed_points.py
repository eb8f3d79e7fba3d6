"""The points of campaigns: none is lost, none is measured twice in effect, and every reading is true."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Engine, text

from tests.chaos import invariants
from tests.clock.followers import Follower, Placed
from tests.clock.true_posts import check_reading, post_of
from tests.vk_standin.growth import DAY, HOUR, MONTH, RESTORED_AFTER, Post, Shape

POINTS = """
SELECT points.kind, points.due_at, points.made_at, points.settled_at, points.reading_id, points.reason, posts.key,
readings.views, readings.asked_at, readings.measured_at, readings.post_id = points.post_id AS same
FROM points JOIN posts ON posts.id = points.post_id LEFT JOIN readings ON readings.id = points.reading_id
"""
ENDS = (MONTH, MONTH + 30 * DAY)
SIDE, SAFETY = 600, 30  # seconds: a month's end is read in its last ten minutes but for the last half, and in the next
LEAST, PART = 60, 0.02  # a point may be taken in a span of so many seconds, or of this part of the age
LATE_SECONDS = 180.0  # that several kills at once may cost: a lease runs out, and what was killed has to start again
SOON_SECONDS = 10.0  # without a kill: the clock stops a second after, and the scheduler looks once a second
LOOKS = 1.1 * DAY  # a post that was not there is looked at once a day


class Window(NamedTuple):
    """A reading is wanted between two moments. `until` is the last one at which it still tells what it should."""

    kind: str
    begin: float
    end: float
    until: float


def check(engine: Engine, followers: Iterable[Follower], end: float) -> Counter[str]:
    """Raise AssertionError where one does not hold; else count points by kind or reason, and how many were late."""
    invariants.check_database(engine)
    with engine.connect() as connection:
        rows = list(connection.execute(text(POINTS)))
        readings = connection.execute(text("SELECT count(*) FROM readings")).scalar_one()
    assert [row for row in rows if row.settled_at is None] == []
    measured = [row for row in rows if row.reading_id is not None]
    assert len({row.reading_id for row in measured}) == len(measured) == readings, "a reading is of one point"
    for row in measured:
        assert row.same, row
        check_reading(row)
    counts = Counter(row.reason or row.kind for row in rows)
    return counts + _check_windows(measured, followers, end)


def _check_windows(measured: Iterable[Any], followers: Iterable[Follower], end: float) -> Counter[str]:
    """Every reading that a plan wants is there, unless the post was not."""
    by_link = defaultdict[str, list[Any]](list)
    for row in measured:
        by_link[f"https://vk.com/{row.key}"].append(row)
    counts = Counter[str]()
    for follower in followers:
        for placed in follower.placed:
            for window in _wanted(follower, placed, end):
                found = [row for row in by_link[placed.link] if window.begin <= row.measured_at <= window.until]
                assert found, (window, placed, post_of(placed.link), by_link[placed.link])
                counts["late"] += min(row.made_at for row in found) > window.end + SOON_SECONDS
                counts["wanted"] += 1
    return counts


def _wanted(follower: Follower, placed: Placed, end: float) -> Iterator[Window]:
    post = post_of(placed.link)
    for window in _windows(post, follower.ages):
        if placed.until < window.end and window.until < end and _is_known(post, placed, window):
            yield window


def _windows(post: Post, ages: Iterable[int]) -> Iterator[Window]:
    for age in ages:
        at, half = post.published_at + age * HOUR, max(LEAST, PART * age * HOUR) / 2
        yield Window("age", at - half, at + half, at + half + LATE_SECONDS)
    for midnight in ENDS:
        yield Window("month_end", midnight - SIDE, midnight - SAFETY, midnight)
        yield Window("month_begin", midnight, midnight + SIDE, midnight + SIDE + LATE_SECONDS)


def _is_known(post: Post, placed: Placed, window: Window) -> bool:
    """Whether the post is there then, and was not found missing shortly before."""
    if post.shape == Shape.DELETED:
        return window.until < post.turn
    missed = max(post.turn, placed.since), post.turn + RESTORED_AFTER + LOOKS
    return post.shape != Shape.RESTORED or not (missed[0] <= window.until and window.begin <= missed[1])
