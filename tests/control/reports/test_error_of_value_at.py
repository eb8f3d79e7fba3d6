"""How far the value at a midnight is from the true one, on simulated growth."""

import math
from random import Random

import pytest

from control.reports.value_at import Reading, value_at
from tests.control.reports.growth_curves import DAY, HOUR, counts, draw

MIDNIGHT = 100 * DAY
POSTS = 400
MARGIN = 1.2
# Days of age, the time between the readings around the midnight, and the error in % that 95 % of the posts stay under:
# found in another simulation of this kind, which the estimate was chosen by.
KNOWN = [
    *((0, 7 * 60, 0.15), (0, HOUR, 1.1), (0, DAY, 12)),
    *((2, 7 * 60, 0.02), (2, DAY, 3.1), (6, DAY, 0.43), (13, DAY, 0.07)),
]


@pytest.mark.parametrize(("days", "gap", "most_percent"), KNOWN)
def test_bounds_hold_and_errors_are_as_small_as_known(days, gap, most_percent):
    random, errors = Random(f"{days} {gap}"), []
    while len(errors) < POSTS:
        post = draw(random, MIDNIGHT - (days + 1) * DAY + random.uniform(0, 22 * HOUR))
        moments = MIDNIGHT - gap / 2, MIDNIGHT, MIDNIGHT + gap / 2
        if moments[0] < post.published_at + 60:
            continue
        early, true, late = counts(random, post, moments)
        found = value_at(MIDNIGHT, post.published_at, [_reading(moments[0], early), _reading(moments[2], late)])
        assert found.low <= true <= found.high
        errors.append(100 * abs(found.value - true) / max(true, 1))
    assert sorted(errors)[math.ceil(0.95 * POSTS) - 1] <= MARGIN * most_percent


def _reading(moment, views):
    return Reading(moment, moment, views)
