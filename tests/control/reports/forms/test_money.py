"""VAT, by the tolerance that VK's description gives."""

from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.reports.forms.money import RATES, WITHOUT_VAT, in_force, plain, split

kopecks = st.integers(0, 10**12 - 1).map(lambda number: Decimal(number) / 100)


@pytest.mark.parametrize(
    ("including", "rate", "excluding", "vat"),
    [
        ("122", "22", "100", "22"),
        ("100", "22", "81.97", "18.03"),
        ("100", "5", "95.24", "4.76"),
        ("0.01", "22", "0.01", "0"),
        ("0", "22", "0", "0"),
        ("100", "0", "100", "0"),
        ("100", WITHOUT_VAT, "100", "0"),
        ("9999999999.99999", "10", "9090909090.90999", "909090909.09"),
    ],
)
def test_vat_is_told_from_the_amount(including, rate, excluding, vat):
    found = split(Decimal(including), rate)
    assert (plain(found.excluding), plain(found.vat)) == (excluding, vat)


@given(including=kopecks, rate=st.sampled_from(RATES))
def test_the_parts_add_up_and_the_vat_is_the_rates(including, rate):
    found = split(including, rate)
    exact = found.excluding * Decimal(rate) / 100
    low = exact.quantize(Decimal("0.01"), ROUND_FLOOR)
    more = Decimal("0.5") if exact >= Decimal("0.5") else Decimal("0.05")
    assert found.excluding + found.vat == including
    assert low <= found.vat <= exact.quantize(Decimal("0.01"), ROUND_HALF_UP) + more
    assert found.vat <= found.excluding / 2


@pytest.mark.parametrize(
    ("rate", "day", "there"),
    [
        ("20", date(2025, 12, 31), True),
        ("20", date(2026, 1, 1), False),
        ("22", date(2025, 12, 31), False),
        ("22", date(2026, 1, 1), True),
        ("10", date(2026, 1, 1), True),
        (WITHOUT_VAT, date(2026, 1, 1), True),
    ],
)
def test_a_rate_is_in_force_at_times(rate, day, there):
    assert in_force(rate, day) is there
