"""A post's views at a moment that nobody measured exactly, with the bounds that its readings give. Pure: no database.

At that moment, a counter that only grows was between the last reading that was answered before and the first that was
asked after it. Views come fast at first and slowly later, so the estimate between two readings is linear in the
logarithm of the post's age.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

SAME_MOMENT_SECONDS = 1.0  # a reading so near to the moment is the value itself
NEAR_SECONDS = 900.0  # if both readings are so near, and as alike as below, the value counts as measured
ALIKE_PERCENT = 1
YOUNGEST_SECONDS = 60.0  # a smaller age counts as this one, because its logarithm would outweigh all later growth


class Basis(StrEnum):
    """What the value rests on."""

    EXACT = "exact"  # a reading of this very moment, or both bounds are one number, or nothing was published yet
    MEASURED = "measured"  # readings within NEAR_SECONDS on both sides, which differ by ALIKE_PERCENT at most
    ESTIMATED = "estimated"  # anything else between two readings
    AT_LEAST = "at_least"  # no later reading: the value is the last one
    AT_MOST = "at_most"  # no earlier reading: the value is the first one
    NONE = "none"  # no reading at all


class ValueFlag(StrEnum):
    """What a user who relies on the value has to know."""

    FELL = "fell"  # the later of its two readings is lower, so the true value may lie outside the bounds
    NO_PUBLICATION_TIME = "no_publication_time"  # nobody has read when the post was published, so it has no age


class Reading(NamedTuple):
    """A count with the times between which it was true: seconds since 1970, when it was asked and when answered."""

    asked_at: float
    answered_at: float
    views: int
    source: str = ""  # the API's method, or the element of the page
    http_status: int = 0


class Value(NamedTuple):
    """`value` lies between `low` and `high`, which come from the readings `before` and `after`; None where unknown."""

    value: int | None
    low: int | None
    high: int | None
    basis: Basis
    before: Reading | None = None
    after: Reading | None = None
    flags: tuple[ValueFlag, ...] = ()


NO_VALUE = Value(None, None, None, Basis.NONE)
NO_AGE = Value(None, None, None, Basis.NONE, flags=(ValueFlag.NO_PUBLICATION_TIME,))


def value_at(moment: float, published_at: float | None, readings: Sequence[Reading]) -> Value:
    """Return the value at a moment (seconds since 1970) by a post's readings, in any order."""
    return value_between(moment, published_at, *around(moment, readings))


def around(moment: float, readings: Sequence[Reading]) -> tuple[Reading | None, Reading | None]:
    """Return the last reading answered by the moment, and the first one that was asked after it."""
    before = max((each for each in readings if each.answered_at <= moment), key=_answered, default=None)
    after = min((each for each in readings if each.asked_at >= moment), key=_answered, default=None)
    return before, after


def _answered(reading: Reading) -> float:
    return reading.answered_at


def value_between(moment: float, published_at: float | None, before: Reading | None, after: Reading | None) -> Value:
    """Return the value at a moment by the readings `around` it."""
    if before and before.views and published_at is not None and moment <= published_at:
        published_at = None  # it had views before, so this is not when it was published
    if published_at is not None and moment <= published_at:
        return Value(0, 0, 0, Basis.EXACT, before, after)
    if before and after:
        return _inside(moment, published_at, before, after)
    if before:
        near = moment - before.answered_at <= SAME_MOMENT_SECONDS
        return Value(before.views, before.views, None, Basis.EXACT if near else Basis.AT_LEAST, before)
    if after:
        near = after.answered_at - moment <= SAME_MOMENT_SECONDS
        return Value(after.views, None, after.views, Basis.EXACT if near else Basis.AT_MOST, None, after)
    return NO_VALUE


def _inside(moment: float, published_at: float | None, before: Reading, after: Reading) -> Value:
    low, high = sorted((before.views, after.views))
    flags = (ValueFlag.FELL,) if after.views < before.views else ()
    basis, value = _basis(moment, before, after), None
    if basis == Basis.EXACT:
        value = _nearer(moment, before, after).views
    else:
        part = _part(moment, published_at, before.answered_at, after.answered_at)
        value = before.views + math.floor((after.views - before.views) * part)
    return Value(min(max(value, low), high), low, high, basis, before, after, flags)


def _basis(moment: float, before: Reading, after: Reading) -> Basis:
    distances = moment - before.answered_at, after.answered_at - moment
    if min(distances) <= SAME_MOMENT_SECONDS or before.views == after.views:
        return Basis.EXACT
    alike = 0 < 100 * (after.views - before.views) <= ALIKE_PERCENT * after.views
    return Basis.MEASURED if alike and max(distances) <= NEAR_SECONDS else Basis.ESTIMATED


def _nearer(moment: float, before: Reading, after: Reading) -> Reading:
    return before if moment - before.answered_at <= after.answered_at - moment else after


def _part(moment: float, published_at: float | None, begin: float, end: float) -> float:
    """Return which part of the growth between two readings has happened by the moment: 0 to 1."""
    linear = (moment - begin) / (end - begin)
    if published_at is None or end - published_at < YOUNGEST_SECONDS:
        return linear
    ages = [max(time - published_at, YOUNGEST_SECONDS) for time in (begin, moment, end)]
    whole = math.log(ages[2] / ages[0])
    return math.log(ages[1] / ages[0]) / whole if whole else linear
