"""The views of a month, by the rules that public tools of this kind break."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.reports.month_views import MonthFlag, Start, between, reported_by, start
from control.reports.value_at import Basis, Reading, Value, value_at

BEGIN, END = 1000_000.0, 3_600_000.0
DAY = 86_400.0
OLD, NEW = BEGIN - 10 * DAY, BEGIN + DAY
MONTH = END - BEGIN


def month(published, *readings, end=END, reported=None, given=None, unfinished=False):
    """Readings are (seconds, views)."""
    counts = [Reading(at, at, views) for at, views in readings]
    begin, last = (value_at(at, published, counts) for at in (BEGIN, end))
    return between(start(begin, reported, given), last, unfinished=unfinished)


CASES = {
    "published in the month: it begins at nothing": (
        NEW,
        [(END - 60, 500), (END + 60, 502)],
        {},
        (501, 500, 502, "measured"),
        (),
    ),
    "an older one begins at what was read before": (OLD, [(BEGIN, 200), (END, 500)], {}, (300, 300, 300, "exact"), ()),
    "late snapshot: the first days of the next month are not counted": (
        OLD,
        [(BEGIN, 200), (END, 500), (END + 5 * DAY, 900)],
        {},
        (300, 300, 300, "exact"),
        (),
    ),
    "late snapshot: one that was first read after the month has no number": (
        NEW,
        [(END + 5 * DAY, 900)],
        {},
        (None, 0, 900, "at_most"),
        (MonthFlag.NO_READING,),
    ),
    "late snapshot: readings around midnight are told apart from the month's": (
        OLD,
        [(BEGIN, 200), (END - DAY, 500), (END + 5 * DAY, 1100)],
        {},
        (406, 300, 900, "estimated"),
        (),
    ),
    "no baseline: an older one that nobody read before has no number": (
        OLD,
        [(BEGIN + DAY, 200), (END, 500)],
        {},
        (None, 0, 500, "at_most"),
        (MonthFlag.NO_BEGINNING,),
    ),
    "no baseline: the user's own stands for it": (
        OLD,
        [(BEGIN + DAY, 200), (END, 500)],
        {"given": 150},
        (350, 350, 350, "at_most"),
        (MonthFlag.BASELINE,),
    ),
    "no baseline: the user's own is not taken where a reading tells more": (
        OLD,
        [(BEGIN, 200), (END, 500)],
        {"given": 150},
        (300, 300, 300, "exact"),
        (),
    ),
    "gap month: what was not read in the month itself has bounds and no number": (
        OLD,
        [(BEGIN - DAY, 100), (END + DAY, 900)],
        {},
        (None, 0, 800, "at_most"),
        (MonthFlag.GAP,),
    ),
    "gap month: a counter that stood still has a number all the same": (
        OLD,
        [(BEGIN - DAY, 100), (END + DAY, 100)],
        {},
        (0, 0, 0, "exact"),
        (),
    ),
    "gap month: one before does not matter, the readings around midnight do": (
        OLD,
        [(OLD + DAY, 100), (BEGIN + DAY, 200), (END, 500)],
        {},
        (304, 300, 400, "estimated"),
        (),
    ),
    "negative delta: a counter that fell gives nothing, and says so": (
        OLD,
        [(BEGIN, 500), (END, 300)],
        {},
        (0, 0, 0, "exact"),
        (MonthFlag.FELL,),
    ),
    "negative delta: what was reported before the fall is not reported again": (
        OLD,
        [(BEGIN, 300), (END, 550)],
        {"reported": 500},
        (50, 50, 50, "exact"),
        (MonthFlag.MADE_UP,),
    ),
    "negative delta: nor what the user reported elsewhere": (
        OLD,
        [(BEGIN + DAY, 200), (END, 300)],
        {"given": 500},
        (0, 0, 0, "at_most"),
        (MonthFlag.BASELINE,),
    ),
    "reported twice: what an earlier month reported is no view of this one": (
        OLD,
        [(BEGIN + DAY, 200), (END, 500)],
        {"reported": 180},
        (320, 320, 320, "at_most"),
        (MonthFlag.BASELINE,),
    ),
    "month crossing: a post that goes on is counted in each of its months": (
        BEGIN + DAY,
        [(END - 60, 500), (END + 60, 502), (END + MONTH, 800)],
        {},
        (501, 500, 502, "measured"),
        (),
    ),
    "gone in the month: at least what was read last": (
        OLD,
        [(BEGIN, 200), (BEGIN + DAY, 250)],
        {},
        (50, 50, None, "at_least"),
        (MonthFlag.NO_END,),
    ),
    "nothing new is a number too": (OLD, [(BEGIN, 200), (END, 200)], {}, (0, 0, 0, "exact"), ()),
    "nobody read it": (OLD, [], {}, (None, None, None, "none"), (MonthFlag.NO_READING,)),
}


@pytest.mark.parametrize(("published", "readings", "before", "numbers", "flags"), CASES.values(), ids=CASES)
def test_the_views_of_a_month(published, readings, before, numbers, flags):
    found = month(published, *readings, **before)
    assert (found.views, found.low, found.high, str(found.basis)) == numbers
    assert set(found.flags) == set(flags)


def test_a_month_that_goes_on_is_as_of_now():
    found = month(OLD, (BEGIN, 200), (BEGIN + DAY, 250), end=BEGIN + 2 * DAY, unfinished=True)
    assert (found.views, found.flags) == (50, (MonthFlag.UNFINISHED,))


def test_months_add_up_to_what_the_counter_showed():
    """Each boundary is one value, used by both its months."""
    readings = [Reading(at, at, views) for at, views in ((OLD, 0), (BEGIN - 50, 90), (BEGIN + 900, 140), (END, 700))]
    ends = [value_at(at, OLD, readings) for at in (OLD, BEGIN, END)]
    assert sum(between(start(one), two).views for one, two in pairwise(ends)) == ends[-1].value


counters = st.lists(st.tuples(st.floats(OLD, BEGIN + 6 * MONTH), st.integers(0, 10_000)), min_size=1, max_size=30)


def closed(published, readings, months):
    """Close month after month: each begins with the value at which the one before ended."""
    begin, reported = value_at(BEGIN, published, readings), None
    for number in range(1, months + 1):
        end = value_at(BEGIN + number * MONTH, published, readings)
        since = start(begin, reported)
        yield since, end, between(since, end)
        reported, begin = reported_by(since, end), end


@given(counters, st.sampled_from([OLD, NEW]))
def test_months_add_up_and_no_view_is_reported_twice(read, published):
    """Whatever the counter did: together they have reported what stands at the last end, or what stood once."""
    readings = [Reading(at, at, views) for at, views in read]
    first, total, last = None, 0, None
    for since, end, found in closed(published, readings, 6):
        if found.views is None:
            first, total = None, 0  # a month without a number: those after it begin anew
            continue
        first = since.value if first is None else first
        total += found.views
        last = reported_by(since, end)
        assert first + total == last


@given(counters, st.sampled_from([OLD, NEW]))
def test_a_number_lies_within_its_bounds(read, published):
    readings = [Reading(at, at, views) for at, views in read]
    for _, _, found in closed(published, readings, 6):
        if found.views is not None:
            assert found.low <= found.views <= (found.views if found.high is None else found.high)


@given(st.lists(st.floats(OLD, BEGIN + 2 * MONTH), min_size=1, max_size=20), st.integers(1, 10_000))
def test_the_truth_lies_within_the_bounds_of_a_counter_that_only_grows(moments, pace):
    def truth(at):
        return int(pace * max(0.0, at - OLD) / DAY)

    readings = [Reading(at, at, truth(at)) for at in moments]
    for number, (_, _, found) in enumerate(closed(OLD, readings, 2)):
        gained = truth(BEGIN + (number + 1) * MONTH) - truth(BEGIN + number * MONTH)
        assert found.low is None or found.low <= gained
        assert found.high is None or gained <= found.high


def test_a_value_that_is_only_bounded_from_above_is_no_start():
    at_most = Value(10, None, 10, Basis.AT_MOST)
    assert start(at_most) == Start(None, None, None, Basis.AT_MOST, at_most)
