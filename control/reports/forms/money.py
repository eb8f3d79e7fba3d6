"""Amounts and their VAT, exact to the kopeck."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

WITHOUT_VAT = "without_vat"
RATES = ("0", "5", "7", "10", "20", "22")  # in percent
SINCE = {"22": date(2026, 1, 1)}
UNTIL: Mapping[str, date] = {"20": date(2026, 1, 1)}  # from then on there is another one in its place
KOPECK = Decimal("0.01")
HUNDRED = Decimal(100)


class Amount(NamedTuple):
    """`excluding` and `vat` add up to `including`, always."""

    excluding: Decimal
    vat: Decimal
    including: Decimal


def split(including: Decimal, rate: str) -> Amount:
    """Tell the VAT from an amount that includes it."""
    percent = Decimal(0) if rate == WITHOUT_VAT else Decimal(rate)
    vat = (including * percent / (HUNDRED + percent)).quantize(KOPECK, ROUND_HALF_UP)
    return Amount(including - vat, vat, including)


def in_force(rate: str, day: date) -> bool:
    return SINCE.get(rate, day) <= day < UNTIL.get(rate, date.max)


def plain(value: Decimal) -> str:
    """Write a number without an exponent and without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals(value: Decimal) -> int:
    return len(plain(value).partition(".")[2])
