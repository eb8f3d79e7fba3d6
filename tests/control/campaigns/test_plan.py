"""When posts are measured, by tables: ages, ends of months, and between."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from control.campaigns.plan import ADAPTIVE, Count, Followed, Plan, interval, next_due, next_month, overdue
from crawler.store.models.campaigns import PointKind

MOSCOW = ZoneInfo("Europe/Moscow")
HOUR, DAY = 3600.0, 86_400.0
AGES = (HOUR, 24 * HOUR, 7 * DAY)
FIXED = Plan(AGES, month_ends=False)


def at(text, zone=MOSCOW):
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


PUBLISHED = at("2026-11-10 12:00")


def followed(plan=FIXED, *, published=PUBLISHED, since=0.0, until=None, last=()):
    return Followed(plan, MOSCOW, since, until, published, last)


def all_points(subject, after, most=50):
    found = []
    while (due := next_due(subject, after)) and len(found) < most:
        found.append(due)
        after = due.at
    return found


def test_a_plan_is_kept_as_text():
    plan = Plan(AGES, month_ends=False, between=ADAPTIVE, until=DAY)
    assert Plan.from_json(plan.as_json()) == plan


def test_each_age_is_due_once_in_order():
    due = all_points(followed(), PUBLISHED)
    assert [(each.at - PUBLISHED, each.kind) for each in due] == [(age, PointKind.AGE) for age in AGES]


@pytest.mark.parametrize(
    ("age", "seconds"), [(HOUR, 36.0), (10 * 60.0, 30.0), (24 * HOUR, 0.01 * 24 * HOUR), (7 * DAY, 0.01 * 7 * DAY)]
)
def test_a_point_may_lie_beside_its_moment_as_the_age_allows(age, seconds):
    due = next_due(followed(Plan((age,), month_ends=False)), PUBLISHED)
    assert (due.at - due.from_at, due.late_at - due.at) == (pytest.approx(seconds), pytest.approx(seconds))


def test_a_reading_within_its_span_serves_a_point():
    first = next_due(followed(), PUBLISHED)
    assert next_due(followed(), first.from_at).at == PUBLISHED + 24 * HOUR
    assert next_due(followed(), first.from_at - 1) == first


def test_ages_before_it_was_followed_are_not_due():
    assert next_due(followed(since=PUBLISHED + 2 * HOUR), 0.0).at == PUBLISHED + 24 * HOUR


def test_without_its_publication_a_post_has_no_age():
    assert next_due(followed(published=None), PUBLISHED) is None


@pytest.mark.parametrize(
    ("given", "ages"),
    [
        ({"plan": Plan(AGES, month_ends=False, until=2 * DAY)}, [HOUR, DAY]),
        ({"until": PUBLISHED + 2 * HOUR}, [HOUR]),
        ({"until": PUBLISHED + 24 * HOUR}, [HOUR, DAY]),
    ],
)
def test_nothing_is_due_after_the_end(given, ages):
    assert [each.at - PUBLISHED for each in all_points(followed(**given), PUBLISHED)] == ages


@pytest.mark.parametrize(
    ("moment", "zone", "midnight"),
    [
        ("2026-10-31 23:59:59", MOSCOW, "2026-11-01 00:00"),
        ("2026-11-01 00:00:00", MOSCOW, "2026-12-01 00:00"),
        ("2026-12-31 12:00", MOSCOW, "2027-01-01 00:00"),
        ("2026-01-31 12:00", MOSCOW, "2026-02-01 00:00"),
        ("2028-02-29 12:00", MOSCOW, "2028-03-01 00:00"),
        ("2026-03-15 12:00", ZoneInfo("Europe/Berlin"), "2026-04-01 00:00"),  # summer time begins between
        ("2026-10-15 12:00", ZoneInfo("Europe/Berlin"), "2026-11-01 00:00"),
    ],
)
def test_the_next_midnight_of_a_month(moment, zone, midnight):
    assert next_month(at(moment, zone), zone) == at(midnight, zone)


def test_a_months_end_in_moscow_is_known():
    assert next_month(at("2026-10-31 12:00"), MOSCOW) == 1793480400


MONTHS = Plan((), month_ends=True)
MIDNIGHT = at("2026-12-01 00:00")


@pytest.mark.parametrize("age", [HOUR, 2 * DAY, 5 * DAY, 20 * DAY])
def test_a_month_ends_with_a_reading_on_both_sides(age):
    subject = followed(MONTHS, published=MIDNIGHT - age)
    before, after = all_points(subject, MIDNIGHT - 1000, most=2)
    assert (before.kind, after.kind) == (PointKind.MONTH_END, PointKind.MONTH_BEGIN)
    assert MIDNIGHT - 600 <= before.from_at <= before.late_at <= MIDNIGHT - 30
    assert MIDNIGHT == after.from_at <= after.late_at <= MIDNIGHT + 600


def test_old_posts_come_first_before_midnight_and_young_ones_after_it():
    young, old = (all_points(followed(MONTHS, published=MIDNIGHT - age), MIDNIGHT - 1000, 2) for age in (HOUR, 9 * DAY))
    assert old[0].late_at < young[0].late_at
    assert young[1].late_at < old[1].late_at


@pytest.mark.parametrize("age", [DAY, 7 * DAY, 30 * DAY])
@pytest.mark.parametrize("beside", [-900, -300, -20, 0, 20, 300])
def test_no_other_point_swallows_an_end_of_a_month(age, beside):
    """An age is reached around midnight: both sides still get their reading."""
    subject = followed(Plan((age,), month_ends=True), published=MIDNIGHT + beside - age)
    taken = taken_as_late_as_may_be(subject, MIDNIGHT - 3600)
    assert MIDNIGHT - 600 <= max(each for each in taken if each < MIDNIGHT) <= MIDNIGHT - 30
    assert min(each for each in taken if each >= MIDNIGHT) <= MIDNIGHT + 600


def taken_as_late_as_may_be(subject, after):
    found = []
    while (due := next_due(subject, after)) and due.at < MIDNIGHT + 3600:
        after = due.late_at
        found.append(after)
    return found


def test_of_overdue_points_all_are_known():
    names = [each.at - PUBLISHED for each in overdue(followed(), PUBLISHED, PUBLISHED + 3 * DAY)]
    assert names == [HOUR, DAY]
    assert overdue(followed(), PUBLISHED, PUBLISHED + HOUR) == []


def test_between_points_comes_a_reading_after_the_given_time():
    last = (Count(PUBLISHED + 30 * HOUR, 500),)
    due = next_due(followed(Plan((), month_ends=False, between=6 * HOUR), last=last), last[0].at)
    assert (due.kind, due.at) == (PointKind.BETWEEN, PUBLISHED + 36 * HOUR)


@pytest.mark.parametrize(
    ("readings", "least", "most"),
    [
        ([(1, 1000), (2, 2000)], 0.25, 0.3),  # fast: soon again
        ([(24, 10_000), (48, 10_100)], 7 * 24, 7 * 24),  # slow: the longest
        ([(24, 1000), (30, 1000)], 12, 12),  # not at all: twice as long as before
        ([(24, 1000), (30, 900)], 12, 12),  # fell
        ([(24, 1000), (24, 1000)], 0.25, 0.25),  # at one moment
        ([(24, 0), (48, 0)], 48, 48),  # nobody sees it
        ([(24, 1000)], 1, 1),  # one reading tells no growth
    ],
)
def test_an_adaptive_plan_follows_the_growth(readings, least, most):
    """Hours of age with views, and the hours until the next reading."""
    last = tuple(Count(PUBLISHED + hours * HOUR, views) for hours, views in readings)
    found = interval(followed(Plan((), between=ADAPTIVE), last=last)) / HOUR
    assert least <= found <= most


def test_adaptive_readings_of_a_month_are_some_thirty():
    """On a curve like those that https://doi.org/10.1145/1787234.1787254 describes, at 5 % of growth."""

    def views(age):
        return int(50_000 * (1 - 2 ** -((age / (8 * HOUR)) ** 0.7)))

    now, last, count = PUBLISHED + HOUR, (), 0
    while now < PUBLISHED + 30 * DAY:
        count += 1
        last = (*last, Count(now, views(now - PUBLISHED)))[-2:]
        now = next_due(followed(Plan((), month_ends=False, between=ADAPTIVE), last=last), now).at
    assert 20 <= count <= 60
