"""When the posts of a campaign are measured: at ages, around the ends of months, and between. Pure: no database.

The words "age" and "month" are those of analysts: buyers compare views at 24 hours and at 7 days, the law wants the
views of a calendar month. Times are seconds since 1970, spans are seconds.
"""

import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from control.times import DAY_SECONDS
from crawler.store.models.campaigns import PointKind

HOUR_SECONDS = 3_600
ADAPTIVE: Final = "adaptive"
SHORTEST_SECONDS = 900.0  # between two readings that fill a gap
LONGEST_SECONDS = 7.0 * DAY_SECONDS
GROWTH = 0.05  # adaptive: the next reading comes when about so much more was seen
LEAST_VIEWS = 50  # fewer count as so many: a post that nobody sees yet is not looked at all the time
TOLERANCE_SECONDS = 60.0  # a point may lie beside its moment by so much, or by this part of the age
TOLERANCE_OF_AGE = 0.02
MONTH_END_SECONDS = (
    600.0  # the last readings of a month are taken in its last minutes, the first ones of the next after
)
MONTHLY = (PointKind.MONTH_END, PointKind.MONTH_BEGIN)
POSTS_A_CALL = 100  # of VK: https://dev.vk.com/method/wall.getById
SAFETY_SECONDS = 30.0  # so long before midnight the last one is taken: a call takes its time


class Plan(NamedTuple):
    """`between`: the seconds from one reading to the next where no point lies, as the growth asks, or none at all."""

    ages: tuple[float, ...]
    month_ends: bool = True
    between: float | Literal["adaptive"] | None = None
    until: float = 60.0 * DAY_SECONDS  # the age at which the post is followed no more

    def as_json(self) -> str:
        return json.dumps(self._asdict())

    @classmethod
    def from_json(cls, text: str) -> Self:
        read = json.loads(text)
        known = {name: value for name, value in read.items() if name in cls._fields}  # a later version may know more
        return cls(**known | {"ages": tuple(read["ages"])})


USUAL = Plan((3_600.0, 10_800.0, 86_400.0, 259_200.0, 604_800.0, 2_592_000.0), between=ADAPTIVE)  # as buyers compare


class Count(NamedTuple):
    """A reading: when it was taken, and its views."""

    at: float
    views: int


class Followed(NamedTuple):
    """A post as a placement follows it. `last` are its last readings, oldest first, two at most."""

    plan: Plan
    zone: ZoneInfo
    since: float
    until: float | None  # the placement's or campaign's own end
    published_at: float | None
    last: tuple[Count, ...] = ()


class Due(NamedTuple):
    """A point: it may be taken between two moments around its own."""

    at: float
    kind: PointKind
    from_at: float
    late_at: float


def next_due(followed: Followed, after: float) -> Due | None:
    """Return the first point that a reading of this moment does not serve; None: no further one."""
    after = max(after, followed.since)
    first = min(chain(_fixed(followed, after), _between(followed, after)), default=None)
    if first is None or first.kind in MONTHLY:
        return first
    # A reading on the wrong side of midnight cannot stand for the end of a month.
    end = min((month.from_at for month in _months(followed, after)), default=first.late_at)
    return first._replace(late_at=max(first.from_at, min(first.late_at, end)))


def overdue(followed: Followed, after: float, now: float) -> list[Due]:
    """Return the points with a moment of their own that came up since `after` and were not taken in time."""
    found = list[Due]()
    at = max(after, followed.since)
    while (due := min(_fixed(followed, at), default=None)) and due.late_at < now:
        found.append(due)
        at = due.from_at
    return found


def tolerance(age: float) -> float:
    """Return how long the span is in which a point of a post of this age may be taken."""
    return max(TOLERANCE_SECONDS, TOLERANCE_OF_AGE * age)


def _fixed(followed: Followed, after: float) -> Iterator[Due]:
    for due in chain(_ages(followed), _months(followed, after)):
        if due.from_at > after and wanted(followed, due.at):
            yield due


def wanted(followed: Followed, moment: float) -> bool:
    """Whether the post is still followed then. Of one that tells no publication, its age counts from `since`."""
    begin = followed.since if followed.published_at is None else followed.published_at
    return moment <= min(math.inf if followed.until is None else followed.until, begin + followed.plan.until)


def _ages(followed: Followed) -> Iterator[Due]:
    if followed.published_at is not None:  # else its first reading tells
        for age in followed.plan.ages:
            yield _around(followed.published_at + age, PointKind.AGE, age)


def _around(at: float, kind: PointKind, age: float) -> Due:
    half = tolerance(age) / 2
    return Due(at, kind, at - half, at + half)


def _months(followed: Followed, after: float) -> Iterator[Due]:
    """Give the readings on both sides of the next midnights of a month: of old posts the first before it, and of young
    ones the first after it.
    """
    if not followed.plan.month_ends:
        return
    midnight = next_month(after, followed.zone)
    wait = _calm(followed, midnight) * (MONTH_END_SECONDS - SAFETY_SECONDS)
    last = midnight - SAFETY_SECONDS
    if last - wait > after:
        yield Due(last - wait, PointKind.MONTH_END, last - wait, min(last - wait + TOLERANCE_SECONDS, last))
    yield Due(midnight, PointKind.MONTH_BEGIN, midnight, midnight + wait)


def _calm(followed: Followed, moment: float) -> float:
    """Return how little its views grow, by its age: 0 for a post of the day, 1 from a week on."""
    age = LONGEST_SECONDS if followed.published_at is None else moment - followed.published_at
    return min(1.0, max(0.0, age - DAY_SECONDS) / (LONGEST_SECONDS - DAY_SECONDS))


def next_month(moment: float, zone: ZoneInfo) -> float:
    """Return the first midnight of a month in the zone that is later than this moment."""
    local = datetime.fromtimestamp(moment, zone)
    later = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
    return later.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp()


def _between(followed: Followed, after: float) -> Iterator[Due]:
    if not followed.plan.between or not followed.last:
        return
    last = followed.last[-1]
    half = TOLERANCE_SECONDS / 2
    at = max(last.at + interval(followed), after + half + 1)
    if wanted(followed, at):
        yield Due(at, PointKind.BETWEEN, at - half, at + interval(followed) / 2)


def interval(followed: Followed) -> float:
    """Return the seconds from the last reading to the next one between points.

    Adaptive: views are taken to grow with the logarithm of the age, as they did between the last two readings; the next
    reading comes when they should be by a part of them more. Where they do not grow, the last pause is doubled.
    """
    if followed.plan.between != ADAPTIVE:
        return float(followed.plan.between or LONGEST_SECONDS)
    if followed.published_at is None or len(followed.last) < 2:
        return float(HOUR_SECONDS)
    one, two = followed.last
    ages = [max(each.at - followed.published_at, TOLERANCE_SECONDS) for each in followed.last]
    growth = (two.views - one.views) / math.log(ages[1] / ages[0]) if ages[1] > ages[0] else 0.0
    if growth <= 0:
        wait = 2 * (two.at - one.at)
    else:
        wait = ages[1] * (math.exp(min(GROWTH * max(two.views, LEAST_VIEWS) / growth, 10.0)) - 1)
    return min(max(wait, SHORTEST_SECONDS), LONGEST_SECONDS)
