"""What is odd about a reading, and that a post's own curve is not."""

from itertools import pairwise
from math import exp, log
from random import Random
from typing import NamedTuple

import pytest

from control.reports.flags import JUMP_TIMES, LEAST_VIEWS, ReadingFlag, of_reading
from tests.control.reports.growth_curves import DAY, HOUR, counts, draw

PUBLISHED = 1000.0


class Row(NamedTuple):
    measured_at: float
    views: int
    likes: int | None = 5
    published_at: float | None = PUBLISHED
    edited_at: int | None = None
    erid_lost_at: float | None = None

    @property
    def asked_at(self):
        return self.measured_at - 0.1


@pytest.mark.parametrize(
    ("before", "after", "flags"),
    [
        ((100, {}), (100, {}), []),
        ((100, {}), (99, {}), [ReadingFlag.FELL]),
        ((100, {}), (100, {"likes": 0}), [ReadingFlag.LIKES_ZERO]),
        ((100, {"likes": 0}), (100, {"likes": 0}), []),
        ((100, {"likes": None}), (100, {"likes": 0}), []),
        ((100, {}), (99, {"likes": 0}), [ReadingFlag.FELL]),
        ((1000, {}), (9001, {}), [ReadingFlag.JUMP]),
        ((1000, {}), (9000, {}), []),
        ((1000, {}), (9001, {"published_at": None}), []),
        ((1000, {}), (9001, {"published_at": PUBLISHED + 2 * HOUR}), []),
        ((100, {}), (1099, {}), []),
        ((99, {}), (5000, {}), []),
        ((100, {}), (100, {"edited_at": int(PUBLISHED + HOUR)}), []),
        ((100, {}), (100, {"edited_at": int(PUBLISHED + HOUR) + 1}), [ReadingFlag.EDITED]),
        ((100, {}), (100, {"edited_at": int(PUBLISHED + 2 * HOUR) + 1}), []),
        ((100, {}), (100, {"erid_lost_at": PUBLISHED + 2 * HOUR}), [ReadingFlag.ERID_LOST]),
        ((100, {}), (100, {"erid_lost_at": PUBLISHED + HOUR}), []),
    ],
)
def test_an_hour_and_two_hours_after_the_publication(before, after, flags):
    early, late = Row(PUBLISHED + HOUR, before[0], **before[1]), Row(PUBLISHED + 2 * HOUR, after[0], **after[1])
    assert of_reading(late, early) == flags
    assert of_reading(late, None) == []


def test_of_two_answers_on_their_way_at_once_none_fell():
    early, late = Row(1000.0, 100), Row(1000.05, 99)
    assert of_reading(late, early) == []


def test_no_post_that_grows_as_posts_do_jumps_and_bought_views_do():
    random, found = Random(19), 0
    for _ in range(300):
        post = draw(random, random.uniform(0, DAY))
        ages = sorted(60 * exp(random.uniform(0, log(30 * 24 * 60))) for _ in range(5))
        seen = counts(random, post, [post.published_at + age for age in ages])
        rows = [
            Row(post.published_at + age, views, None, post.published_at) for age, views in zip(ages, seen, strict=True)
        ]
        assert [of_reading(late, early) for early, late in pairwise(rows)] == [[]] * 4
        late = rows[-1]
        bought = Row(late.measured_at + HOUR, late.views * 2 + 1000, None, post.published_at)
        found += of_reading(bought, late) == [ReadingFlag.JUMP]
        if late.measured_at - post.published_at > JUMP_TIMES * HOUR and late.views >= LEAST_VIEWS:
            assert of_reading(bought, late) == [ReadingFlag.JUMP]
    assert found > 200
