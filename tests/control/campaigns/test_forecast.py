"""How often a plan measures a post: what the plan itself says, and what facts of growth foretell."""

import math

import pytest

from control.campaigns import forecast
from control.campaigns.forecast import Load, Situation
from control.campaigns.plan import ADAPTIVE, Plan

HOUR, DAY = 3600.0, 86_400.0
AGES = (HOUR, 3 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY)
START = 496_893  # hours since 1970: 2026-09-07 21:00 UTC, a midnight in Moscow


def load(plan, age=0.0, ends_in=math.inf, is_new=True, hour=START):
    return forecast.load(Situation(plan.as_json(), "Europe/Moscow", age, ends_in, hour, is_new))


@pytest.mark.parametrize(
    ("plan", "age", "expected"),
    [
        # The first reading, three ages within a day (24h is at its very end), and of October the 1st
        # the side before belongs to September.
        (Plan(AGES), 0.0, Load(4, 7, 9)),
        (Plan(AGES), 10 * DAY, Load(1, 3, 4)),
        (Plan(AGES, month_ends=False), 0.0, Load(4, 6, 7)),
        (Plan((), month_ends=False), 0.0, Load(1, 1, 1)),
        (Plan(AGES, until=2 * DAY), 0.0, Load(4, 4, 4)),
        (Plan(AGES), 61 * DAY, Load(0, 0, 0)),
    ],
)
def test_fixed_points_are_counted_one_by_one(plan, age, expected):
    assert load(plan, age) == expected


def test_what_ends_takes_nothing_after():
    assert load(Plan(AGES), ends_in=2 * HOUR) == Load(2, 2, 2)


def test_a_post_that_was_read_has_no_first_reading():
    assert load(Plan(AGES), 10 * DAY, is_new=False) == Load(0, 2, 3)


def test_gaps_are_filled_as_often_as_the_plan_says():
    assert load(Plan((), False, 6 * HOUR)).days == pytest.approx(121, abs=2)
    assert load(Plan((), False, 900.0)).next_day == pytest.approx(97, abs=2)
    assert load(Plan((), False, 900.0, until=DAY)).days == pytest.approx(97, abs=2)


def test_adaptive_readings_are_about_as_many_as_in_the_simulation():
    """Some thirty in 30 days for a growth of 5 %."""
    assert 25 <= load(Plan((), False, ADAPTIVE)).days <= 45


def test_posts_of_about_one_age_are_looked_at_once():
    ages = {forecast.alike(float(hours) * HOUR) for hours in range(1, 24 * 60)}
    assert len(ages) < 40
    assert all(0.85 < forecast.alike(age) / age < 1.15 for age in (60.0, HOUR, DAY, 59 * DAY))
    assert forecast.alike(0.0) == 0.0
