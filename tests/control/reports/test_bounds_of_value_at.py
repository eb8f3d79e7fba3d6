"""Bounds hold on every shape of growth that the stand-in has, whenever its posts were measured, but across a fall."""

import random

import pytest

from control.reports.value_at import Basis, Reading, ValueFlag, value_at
from tests.vk_standin import growth
from tests.vk_standin.growth import DAY, MONTH, Shape

POSTS, MOMENTS = 40, 60
LONGEST_ANSWER = 20.0  # seconds


def measured(rng, post):
    """Readings at odd times, each of a moment between request and answer."""
    readings = []
    for asked in sorted(MONTH + rng.uniform(-2 * DAY, 30 * DAY) for _ in range(rng.randrange(1, 12))):
        answered = asked + rng.uniform(0.05, LONGEST_ANSWER)
        if growth.is_there(post, asked):
            readings.append(Reading(asked, answered, growth.views(post, rng.uniform(asked, answered))))
    return readings


@pytest.mark.parametrize("shape", Shape)
def test_the_bounds_hold_where_no_fall_lies_between(shape):
    rng, seen = random.Random(f"bounds {shape}"), set()
    for item in range(shape, POSTS * len(Shape), len(Shape)):
        post = growth.of(-growth.WALLS[0], item)
        readings = measured(rng, post)
        moments = [MONTH + rng.uniform(-3 * DAY, 31 * DAY) for _ in range(MOMENTS)]
        for moment in moments + [rng.uniform(each.asked_at, each.answered_at) for each in readings]:
            found = value_at(moment, post.published_at, readings)
            begin = found.before.asked_at if found.before else post.published_at
            end = found.after.answered_at if found.after else moment
            seen.add(found.basis)
            if not growth.falls_within(post, begin, end):
                true = growth.views(post, moment)
                assert found.low is None or found.low <= true, (post, moment, found)
                assert found.high is None or true <= found.high, (post, moment, found)
                assert ValueFlag.FELL not in found.flags
    assert {Basis.EXACT, Basis.ESTIMATED, Basis.AT_LEAST, Basis.AT_MOST, Basis.NONE} <= seen
