"""Where a chart puts its lines: round numbers, whole hours and midnights of the reader's zone, all within the field."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.pages.chart import BOTTOM, LEFT, RIGHT, TOP, Point, draw, sparkline

MOSCOW = ZoneInfo("Europe/Moscow")
POINTS = st.lists(st.tuples(st.floats(1.1e9, 2.2e9), st.integers(0, 2**62)), min_size=1, max_size=80).map(
    lambda given: [Point(moment, views) for moment, views in sorted(given)]
)


@given(POINTS)
def test_all_lies_within_the_field_and_higher_is_more(points):
    found = draw(points, MOSCOW)
    places = [tuple(map(float, pair.split(","))) for pair in found.line.split()]
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in places)
    assert len(found.rows) <= 9
    assert len(found.columns) <= 12
    assert found.rows[0].value <= min(point.views for point in points)
    assert found.rows[-1].value >= max(point.views for point in points)
    for one, (_, y) in zip(points, places, strict=True):
        for other, (_, below) in zip(points, places, strict=True):
            assert one.views <= other.views or y <= below


@pytest.mark.parametrize(
    ("views", "rows"),
    [
        ([0, 190_000], [0, 50_000, 100_000, 150_000, 200_000]),
        ([1_000_000, 1_000_300], [1_000_000, 1_000_100, 1_000_200, 1_000_300]),
        ([7], [7, 8]),
        ([0, 0], [0, 1]),
    ],
)
def test_numbers_of_the_grid_are_round(views, rows):
    points = [Point(3600.0 * number, each) for number, each in enumerate(views)]
    assert [line.value for line in draw(points, MOSCOW).rows] == rows


@pytest.mark.parametrize(("hours", "apart"), [(1, 900), (30, 6 * 3600), (24 * 7, 2 * 86_400), (24 * 365, 180 * 86_400)])
def test_moments_of_the_grid_are_whole_on_the_readers_clock(hours, apart):
    begin = datetime(2026, 10, 31, 22, 17, tzinfo=MOSCOW).timestamp()
    found = draw([Point(begin, 1), Point(begin + hours * 3600, 2)], MOSCOW)
    times = [datetime.fromtimestamp(line.value, MOSCOW) for line in found.columns]
    assert all((time.hour * 3600 + time.minute * 60 + time.second) % min(apart, 86_400) == 0 for time in times)
    assert {(late - early).total_seconds() for early, late in pairwise(times)} == {apart}
    assert found.days == (apart >= 86_400)


def test_a_day_that_is_longer_has_its_midnights_all_the_same():
    paris = ZoneInfo("Europe/Paris")
    begin = datetime(2026, 10, 23, tzinfo=paris).timestamp()
    found = draw([Point(begin, 1), Point(begin + 5 * 86_400, 2)], paris)
    assert {datetime.fromtimestamp(line.value, paris).hour for line in found.columns} == {0}


def test_only_odd_readings_have_dots_where_there_are_many():
    points = [Point(number, number, odd=number == 50) for number in range(100)]
    assert len(draw(points, MOSCOW).dots) == 1


def test_a_small_curve_of_equal_numbers_is_a_line_in_the_middle():
    assert sparkline([Point(0, 5), Point(10, 5)], 80, 22) == "2,11 78,11"
