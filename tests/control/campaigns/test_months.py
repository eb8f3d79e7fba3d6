import pytest

from control.campaigns.months import Month


@pytest.mark.parametrize(
    ("name", "zone", "begin", "days"),
    [
        ("2026-10", "Europe/Moscow", 1790802000, 31),
        ("2026-02", "UTC", 1769904000, 28),
        ("2028-02", "UTC", 1832976000, 29),
        ("2026-12", "Asia/Kamchatka", 1796040000, 31),
        ("2026-03", "Europe/Berlin", 1772319600, 31 - 1 / 24),
    ],
)
def test_a_month_lasts_from_midnight_to_midnight_of_its_zone(name, zone, begin, days):
    month = Month.named(name, zone)
    assert (month.begin, (month.end - month.begin) / 86_400) == (begin, pytest.approx(days))


@pytest.mark.parametrize("name", ["2026-13", "2026-00", "2026-1", "october", "1999-10", "2026-10-01", ""])
def test_what_is_no_month_is_refused(name):
    with pytest.raises(ValueError, match="must be a month"):
        Month.named(name, "UTC")
