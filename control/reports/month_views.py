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
    MADE_UP = "made_up"  # it fell before, below what was reported: that is made up before anything counts again
    BASELINE = "baseline"  # nobody read it before the month: counted from what the user said was reported
    NO_BEGINNING = "no_beginning"  # older than the month, and no reading before it: the number cannot be defended
    NO_END = "no_end"  # no reading after the month: at least so many
    GAP = "gap"  # readings before the month and after it, and none in it: there are bounds and no number
    NO_READING = "no_reading"  # nobody had read it by the month's end
    UNFINISHED = "unfinished"  # the month goes on: as of now
    NOT_PUBLISHED = "not_published"  # published after the month


class Views(NamedTuple):
    """`views` lies between `low` and `high`; None where unknown. `basis` is the weaker one of both ends."""

    views: int | None
    low: int | None
    high: int | None
    basis: Basis
    flags: tuple[MonthFlag, ...]


class Start(NamedTuple):
    """What a month's views are counted from: `value`, between `low` and `high`. None: there is no such number."""

    value: int | None
    low: int | None
    high: int | None
    basis: Basis
    begin: Value  # what the counter showed at the month's beginning
    flags: tuple[MonthFlag, ...] = ()


ORDER = (Basis.EXACT, Basis.MEASURED, Basis.ESTIMATED, Basis.AT_LEAST, Basis.AT_MOST, Basis.NONE)  # weaker and weaker
NOT_YET = Views(0, 0, 0, Basis.EXACT, (MonthFlag.NOT_PUBLISHED,))
NOT_BEGUN = Views(None, None, None, Basis.NONE, (MonthFlag.UNFINISHED,))
NOTHING = Views(None, None, None, Basis.NONE, (MonthFlag.NO_READING,))


def known(value: Value) -> bool:
    """Whether a reading by that moment tells it: one that came later says at most how many it was."""
    return value.value is not None and value.basis not in {Basis.NONE, Basis.AT_MOST}


def start(begin: Value, reported: int | None = None, given: int | None = None) -> Start:
    """Return what is counted from. `reported` is how many the months before have reported altogether, and `given` how
    many were reported elsewhere, as the user says.

    What was reported is never reported again, even where the counter fell since.
    """
    if not known(begin):
        said = max((each for each in (reported, given) if each is not None), default=None)
        flags = () if said is None else (MonthFlag.BASELINE,)
        return Start(said, said, said, Basis.AT_MOST, begin, flags)
    if reported is None or begin.value is None or reported <= begin.value:
        return Start(begin.value, begin.low, begin.high, begin.basis, begin)
    high = None if begin.high is None else max(begin.high, reported)
    return Start(reported, reported, high, begin.basis, begin, (MonthFlag.MADE_UP,))


def between(since: Start, end: Value, *, unfinished: bool = False) -> Views:
    """Return what was gained from the start of a month to its end, or to the present."""
    if end.basis == Basis.NONE or end.value is None:
        return NOTHING
    refused = _refused(since, end)
    more = (*since.flags, *((MonthFlag.UNFINISHED,) if unfinished else ()))
    low, high = _bounds(since, end)
    if refused or since.value is None:
        return Views(None, low, high, Basis.AT_MOST, (refused or MonthFlag.NO_BEGINNING, *more))
    views = max(0, end.value - since.value)
    basis = max(since.basis, end.basis, key=ORDER.index)
    return Views(views, low, high, basis, (*_flags(since.begin, end, unfinished=unfinished), *more))


def reported_by(since: Start, end: Value) -> int | None:
    """Return how many views the months up to this end have reported altogether, or leave to others: the next month is
    counted from there.
    """
    counted = (since.value, end.value if known(end) else None)
    return max((each for each in counted if each is not None), default=None)


def _bounds(since: Start, end: Value) -> tuple[int, int | None]:
    low = 0 if end.low is None or since.high is None else max(0, end.low - since.high)
    high = None if end.high is None else max(0, end.high - (since.low or 0))
    return low, high


def _refused(since: Start, end: Value) -> MonthFlag | None:
    """Say why there is no number that can be defended."""
    if since.value is None:
        return MonthFlag.NO_BEGINNING
    if not known(end):
        return MonthFlag.NO_READING
    same = end.before is not None and end.before == since.begin.before
    return MonthFlag.GAP if same and end.after and end.basis != Basis.EXACT else None


def _flags(begin: Value, end: Value, *, unfinished: bool) -> tuple[MonthFlag, ...]:
    fell = (end.value or 0) < (begin.value or 0) or ValueFlag.FELL in {*begin.flags, *end.flags}
    no_end = end.basis == Basis.AT_LEAST and not unfinished
    return tuple(flag for flag, there in ((MonthFlag.FELL, fell), (MonthFlag.NO_END, no_end)) if there)
