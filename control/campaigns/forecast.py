"""How often a plan measures a post in the time to come. Pure: no database.

The plan itself is asked, step by step. How a post's views grow is not known before, so those of a usual one are taken:
fast at first, slower by day (facts of growth are in `control.campaigns.plan`).
"""

import math
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from control.campaigns import plan
from control.campaigns.plan import ADAPTIVE, Count, Followed, Plan, next_month
from control.times import DAY_SECONDS

DAYS = 30  # over which readings a day are averaged
HALF_SECONDS = 8 * 3600.0  # in which a usual post gets half of its views
SHAPE = 0.7  # below 1: most come early
USUAL_VIEWS = 10_000
STEP = 1.25  # posts whose ages differ by less are taken to be alike
HOUR_SECONDS = 3600
REMEMBERED = 20_000


class Load(NamedTuple):
    """Readings of one post: in the next 24 hours, until the month's end, and in the next `DAYS` days."""

    next_day: int
    this_month: int
    days: int


class Situation(NamedTuple):
    """`age` of the post now, 0 if it is not known. `ends_in`: seconds after which it is followed no more by anybody's
    wish; `hour` is the present one, counted from 1970.
    """

    plan: str  # JSON
    zone: str
    age: float
    ends_in: float
    hour: int
    is_new: bool  # its first reading is still to come


def alike(seconds: float) -> float:
    """Round a span so that posts of nearly the same age are looked at once."""
    return HOUR_SECONDS * STEP ** round(math.log(seconds / HOUR_SECONDS, STEP)) if seconds > 1 else 0.0


@lru_cache(REMEMBERED)
def load(situation: Situation) -> Load:
    now = situation.hour * float(HOUR_SECONDS)
    zone, end = ZoneInfo(situation.zone), now + DAYS * DAY_SECONDS
    month = next_month(now, zone)
    moments = _moments(situation, now, max(end, month))
    return Load(bisect_right(moments, now + DAY_SECONDS), bisect_left(moments, month), bisect_right(moments, end))


def _moments(situation: Situation, now: float, end: float) -> list[float]:
    """Return when the post is measured, in order."""
    wanted = Plan.from_json(situation.plan)
    until = now + situation.ends_in if math.isfinite(situation.ends_in) else None
    followed = Followed(wanted, ZoneInfo(situation.zone), now, until, now - situation.age)
    first = [now] if situation.is_new and plan.wanted(followed, now) else []
    if wanted.between == ADAPTIVE:
        return [*first, *_walk(followed, now, end)]
    fixed = [now, *_walk(followed._replace(plan=wanted._replace(between=None)), now, end)]
    last = min(end, *(moment for moment in (until, now - situation.age + wanted.until) if moment is not None))
    return sorted([*first, *fixed[1:], *(_gaps([*fixed, last], float(wanted.between)) if wanted.between else [])])


def _walk(followed: Followed, now: float, end: float) -> list[float]:
    after, found = now, list[float]()
    last: tuple[Count, ...] = (_count(followed, now),)
    while (due := plan.next_due(followed._replace(last=last), after)) and due.at <= end:
        found.append(due.at)
        after = due.at
        last = (last[-1], _count(followed, after))
    return found


def _count(followed: Followed, at: float) -> Count:
    age = max(0.0, at - (followed.published_at or at))
    return Count(at, round(USUAL_VIEWS * (1 - 2 ** -((age / HALF_SECONDS) ** SHAPE))))


def _gaps(fixed: list[float], every: float) -> list[float]:
    """Return the readings between others, each so long after the one before."""
    return [
        begin + count * every
        for begin, end in pairwise(fixed)
        for count in range(1, math.ceil((end - begin - plan.TOLERANCE_SECONDS / 2) / every))
    ]
