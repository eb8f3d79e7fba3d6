"""Posts that grow as is assumed of posts: fast at first, more slowly at night, and by chance.

The shapes are assumed (Weibull curves with a half-life of 2 to 24 hours), not measured on VK.
"""

import math
from itertools import pairwise
from typing import NamedTuple

HOUR, DAY = 3600.0, 86_400.0
NIGHT = HOUR, 8 * HOUR
AT_NIGHT = 0.15  # of what a day's hour brings
STEP_SECONDS = 600.0


class Post(NamedTuple):
    """Times are seconds since a midnight; `scale` and `steepness` are the curve's parameters."""

    published_at: float
    total: float
    scale: float
    steepness: float

    def expected(self, begin: float, end: float) -> float:
        """Return the views that come between two moments, but for chance."""
        steps = max(1, int((end - begin) / STEP_SECONDS))
        times = [begin + (end - begin) * number / steps for number in range(steps + 1)]
        pairs = pairwise(times)
        return self.total * sum((self._part(late) - self._part(early)) * _activity(early) for early, late in pairs)

    def _part(self, moment: float) -> float:
        return 1 - math.exp(-((max(0.0, moment - self.published_at) / self.scale) ** self.steepness))


def _activity(moment: float) -> float:
    return AT_NIGHT if NIGHT[0] <= moment % DAY < NIGHT[1] else 1.0


def draw(random, published_at):
    """A post of a size and a pace by chance."""
    half_life, steepness = 2 * HOUR * 12 ** random.random(), random.uniform(0.5, 0.9)
    scale = half_life / math.log(2) ** (1 / steepness)
    return Post(published_at, random.uniform(1e3, 5e5), scale, steepness)


def poisson(random, expected):
    """A number of views by chance: https://en.wikipedia.org/wiki/Poisson_distribution."""
    if expected > 50:
        return max(0, round(random.gauss(expected, math.sqrt(expected))))
    count, left = -1, 1.0
    while left > math.exp(-expected):
        count, left = count + 1, left * random.random()
    return max(0, count)


def counts(random, post, moments):
    """The counter at these moments, in their order."""
    total, last, seen = 0, post.published_at, []
    for moment in moments:
        total += poisson(random, post.expected(last, moment))
        last = moment
        seen.append(total)
    return seen
