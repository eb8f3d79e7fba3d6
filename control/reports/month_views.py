"""The views that a post gained in a calendar month, with bounds. Pure: no database.

They are what its counter showed at the end less what it showed at the beginning: the register wants those of the month
itself, for cumulative numbers would be added up twice.
"""

from enum import StrEnum
from typing import NamedTuple

from control.reports.value_at import Basis, Value, ValueFlag


class MonthFlag(StrEnum):
    """What somebody has to know who reports the number."""

    FELL = "fell"  # the counter showed less at the end: 0 is reported
    NO_BEGINNING = "no_beginning"  # older than the month, and no reading before it: the number cannot be defended
    NO_END = "no_end"  # no reading after the month: at least so many
    NO_READING = "no_reading"
    UNFINISHED = "unfinished"  # the month goes on: as of now
    NOT_PUBLISHED = "not_published"  # published after the month


class Views(NamedTuple):
    """`views` lies between `low` and `high`; None where unknown. `basis` is the weaker one of both ends."""

    views: int | None
    low: int | None
    high: int | None
    basis: Basis
    flags: tuple[MonthFlag, ...]


ORDER = (Basis.EXACT, Basis.MEASURED, Basis.ESTIMATED, Basis.AT_LEAST, Basis.AT_MOST, Basis.NONE)  # weaker and weaker
NOT_YET = Views(0, 0, 0, Basis.EXACT, (MonthFlag.NOT_PUBLISHED,))
NOT_BEGUN = Views(None, None, None, Basis.NONE, (MonthFlag.UNFINISHED,))
NOTHING = Views(None, None, None, Basis.NONE, (MonthFlag.NO_READING,))


def between(begin: Value, end: Value, *, unfinished: bool = False) -> Views:
    """Return what was gained from the value at a month's beginning to the one at its end, or at the present."""
    if end.basis == Basis.NONE or end.value is None:
        return NOTHING
    unfinished_flags = (MonthFlag.UNFINISHED,) if unfinished else ()
    if begin.basis in {Basis.NONE, Basis.AT_MOST} or begin.value is None:
        return Views(None, 0, end.high, Basis.AT_MOST, (MonthFlag.NO_BEGINNING, *unfinished_flags))
    low = 0 if end.low is None or begin.high is None else max(0, end.low - begin.high)
    high = None if end.high is None or begin.low is None else max(0, end.high - begin.low)
    views = max(0, end.value - begin.value)
    basis = max(begin.basis, end.basis, key=ORDER.index)
    return Views(views, low, high, basis, (*_flags(begin, end, unfinished=unfinished), *unfinished_flags))


def _flags(begin: Value, end: Value, *, unfinished: bool) -> tuple[MonthFlag, ...]:
    fell = (end.value or 0) < (begin.value or 0) or ValueFlag.FELL in {*begin.flags, *end.flags}
    no_end = end.basis == Basis.AT_LEAST and not unfinished
    return tuple(flag for flag, there in ((MonthFlag.FELL, fell), (MonthFlag.NO_END, no_end)) if there)
