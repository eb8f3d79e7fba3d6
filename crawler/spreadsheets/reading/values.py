"""Values of cells as text. Numbers and times are written in full, as a Russian spreadsheet shows them."""

from datetime import date, datetime, time, timedelta
from typing import Any

DIGITS = 15  # of a number; a spreadsheet has already lost any further ones


def text(value: Any) -> str:
    """Return a value of python-calamine's as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, datetime | date | time | timedelta):
        return moment(value)
    return "" if value is None else str(value)


def number(value: float) -> str:
    """Return a number with its digits, or as `1.23E+19` if it is too long for a spreadsheet."""
    return f"{value:.{DIGITS}g}".upper()


def moment(value: datetime | date | time | timedelta) -> str:
    """Return a day as `31.10.2026`, followed by its time if it has one."""
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    day = f"{value.day:02}.{value.month:02}.{value.year}"
    clock = value.time() if isinstance(value, datetime) else time()
    return f"{day} {moment(clock)}" if clock.replace(microsecond=0) != time() else day
