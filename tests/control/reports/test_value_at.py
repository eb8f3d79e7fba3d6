"""The value at a moment against its definition, whatever the readings are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.reports.value_at import NO_VALUE, Basis, Reading, ValueFlag, value_at

BEGIN = 1_790_000_000.0
DAY = 86_400.0


@st.composite
def histories(draw, *, falls=False):
    """A publication time or none, and readings of a counter that never falls, unless `falls`; none overlaps another."""
    published_at = draw(st.none() | st.just(BEGIN))
    steps = st.tuples(st.floats(0.01, 3 * DAY), st.floats(0, 5), st.integers(0, 10**12))
    readings, time, views = [], BEGIN, 0
    for gap, taken, more in draw(st.lists(steps, max_size=12)):
        asked = time + gap
        time = asked + taken
        views = more if falls else views + more
        readings.append(Reading(asked, time, views))
    return published_at, draw(st.permutations(readings))


MOMENTS = st.floats(BEGIN - DAY, BEGIN + 40 * DAY)


@given(histories(falls=True), MOMENTS)
def test_the_bounds_are_the_readings_around_the_moment_and_the_value_lies_within(history, moment):
    published_at, readings = history
    found = value_at(moment, published_at, readings)
    before = [each for each in readings if each.answered_at <= moment]
    after = [each for each in readings if each.asked_at >= moment]
    if published_at is not None and moment <= published_at:
        assert found[:4] == (0, 0, 0, Basis.EXACT)
        return
    assert found.before == max(before, key=lambda each: each.answered_at, default=None)
    assert found.after == min(after, key=lambda each: each.asked_at, default=None)
    bounds = [each.views for each in (found.before, found.after) if each]
    assert (found.flags == (ValueFlag.FELL,)) == (len(bounds) == 2 and bounds[1] < bounds[0])
    if len(bounds) == 2:
        assert (found.low, found.high) == (min(bounds), max(bounds))
        assert found.low <= found.value <= found.high
        assert found.basis in {Basis.EXACT, Basis.MEASURED, Basis.ESTIMATED}
    elif bounds:
        assert (found.value, found.low, found.high) == (*bounds, *((bounds[0], None) if before else (None, bounds[0])))
        assert found.basis in {Basis.EXACT, Basis.AT_LEAST if before else Basis.AT_MOST}
    else:
        assert found == NO_VALUE


@given(histories(), st.lists(MOMENTS, min_size=2, max_size=20))
def test_the_value_never_falls_where_the_readings_do_not(history, moments):
    """While a reading is under way its bounds are those around it, so such moments are left out."""
    published_at, readings = history
    first = min((each.asked_at for each in readings), default=0)
    last = max((each.answered_at for each in readings), default=0)
    calm = [m for m in moments if first <= m <= last and not any(r.asked_at < m < r.answered_at for r in readings)]
    values = [value_at(moment, published_at, readings).value for moment in sorted(calm)]
    assert values == sorted(values)


@given(histories(falls=True))
def test_it_is_exact_at_every_reading(history):
    published_at, readings = history
    for reading in readings:
        found = value_at(reading.answered_at, published_at, readings)
        assert (found.value, found.basis) == (reading.views, Basis.EXACT)


@pytest.mark.parametrize(
    ("moment", "value", "basis"),
    [
        (3600 + 1, 1000, Basis.EXACT),  # within a second of a reading
        (3600 * 2, 1500, Basis.ESTIMATED),  # half way from 1 h to 4 h in logarithms of the age
        (3600 * 4 - 1, 2000, Basis.EXACT),
        (3600 * 4 + 300, 2005, Basis.MEASURED),
        (3600 * 4 + 1200, 2020, Basis.AT_LEAST),
        (-1, 0, Basis.EXACT),
        (30, 1000, Basis.AT_MOST),
    ],
)
def test_known_moments(moment, value, basis):
    times = {3600: 1000, 3600 * 4: 2000, 3600 * 4 + 600: 2010, 3600 * 4 + 900: 2020}
    readings = [Reading(BEGIN + time, BEGIN + time, views) for time, views in times.items()]
    found = value_at(BEGIN + moment, BEGIN, readings)
    assert (found.value, found.basis) == (value, basis)


def test_under_a_minute_of_age_growth_is_linear_in_time():
    readings = [Reading(BEGIN + age, BEGIN + age, views) for age, views in ((10, 100), (50, 500))]
    assert value_at(BEGIN + 30, BEGIN, readings).value == 300


def test_without_a_publication_time_growth_is_linear_in_time():
    readings = [Reading(BEGIN + time, BEGIN + time, views) for time, views in ((0, 0), (1000, 1000))]
    assert value_at(BEGIN + 250, None, readings).value == 250


def test_a_publication_time_after_views_were_seen_is_not_believed():
    readings = [Reading(BEGIN, BEGIN, 500), Reading(BEGIN + 100, BEGIN + 100, 700)]
    assert value_at(BEGIN + 50, BEGIN + 60, readings).value == 600
