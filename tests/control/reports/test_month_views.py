"""The views of a month, by the rules that public tools of this kind break."""

from itertools import pairwise

import pytest

from control.reports.month_views import MonthFlag, between
from control.reports.value_at import Basis, Reading, value_at

BEGIN, END = 1000_000.0, 3_600_000.0
DAY = 86_400.0
OLD, NEW = BEGIN - 10 * DAY, BEGIN + DAY


def month(published, *readings, end=END, unfinished=False):
    """Readings are (seconds, views)."""
    counts = [Reading(at, at, views) for at, views in readings]
    begin, last = (value_at(at, published, counts) for at in (BEGIN, end))
    return between(begin, last, unfinished=unfinished)


CASES = {
    "a post of the month begins at nothing": (NEW, [(END - 60, 500), (END + 60, 502)], 501, 500, 502, "measured", ()),
    "an older one begins at what was read before": (
        OLD,
        [(BEGIN, 200), (END, 500)],
        300,
        300,
        300,
        "exact",
        (),
    ),
    "the first days of the next month are not counted": (
        OLD,
        [(BEGIN, 200), (END, 500), (END + 5 * DAY, 900)],
        300,
        300,
        300,
        "exact",
        (),
    ),
    "an older one that nobody read before has no number": (
        OLD,
        [(BEGIN + DAY, 200), (END, 500)],
        None,
        0,
        500,
        "at_most",
        (MonthFlag.NO_BEGINNING,),
    ),
    "a gap of a month before does not matter, the readings around midnight do": (
        OLD,
        [(OLD + DAY, 100), (BEGIN + DAY, 200), (END, 500)],
        304,
        300,
        400,
        "estimated",
        (),
    ),
    "a counter that fell gives nothing, and says so": (
        OLD,
        [(BEGIN, 500), (END, 300)],
        0,
        0,
        0,
        "exact",
        (MonthFlag.FELL,),
    ),
    "gone in the month: at least what was read last": (
        OLD,
        [(BEGIN, 200), (BEGIN + DAY, 250)],
        50,
        50,
        None,
        "at_least",
        (MonthFlag.NO_END,),
    ),
    "nothing new is a number too": (OLD, [(BEGIN, 200), (END, 200)], 0, 0, 0, "exact", ()),
    "nobody read it": (OLD, [], None, None, None, "none", (MonthFlag.NO_READING,)),
}


@pytest.mark.parametrize(("published", "readings", "views", "low", "high", "basis", "flags"), CASES.values(), ids=CASES)
def test_the_views_of_a_month(published, readings, views, low, high, basis, flags):  # noqa: PLR0917 - a table
    found = month(published, *readings)
    assert (found.views, found.low, found.high, found.basis, found.flags) == (views, low, high, Basis(basis), flags)


def test_a_month_that_goes_on_is_as_of_now():
    found = month(OLD, (BEGIN, 200), (BEGIN + DAY, 250), end=BEGIN + 2 * DAY, unfinished=True)
    assert (found.views, found.flags) == (50, (MonthFlag.UNFINISHED,))


def test_months_add_up_to_what_the_counter_showed():
    """Each boundary is one value, used by both its months."""
    readings = [Reading(at, at, views) for at, views in ((OLD, 0), (BEGIN - 50, 90), (BEGIN + 900, 140), (END, 700))]
    ends = [value_at(at, OLD, readings) for at in (OLD, BEGIN, END)]
    assert sum(between(one, two).views for one, two in pairwise(ends)) == ends[-1].value
