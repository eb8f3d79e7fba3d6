"""Times as people write them: spans such as `90s`, `30m`, `24h`, `7d`, and moments as in RFC 3339."""

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, overload

from pydantic import BeforeValidator, WithJsonSchema

FORM = "[0-9]{1,9} ?[smhd]"
# The pattern in the API's document allows a little less than we accept, so that all it allows is from 1s to 366d.
DAYS = "([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6]) ?d"
PATTERN = f"^([1-9][0-9]{{0,6}} ?s|[1-9][0-9]{{0,4}} ?m|[1-9][0-9]{{0,2}} ?h|{DAYS})$"
DAY_SECONDS = 86_400
YEAR_SECONDS = 365 * DAY_SECONDS
NO_ZONE = "must be the name of a time zone such as Europe/Moscow"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": DAY_SECONDS}
LONGEST_DAYS = 366
LIMITS = f"1s to {LONGEST_DAYS}d"  # of a span


def seconds(text: object) -> float:
    """Read a span. Raises ValueError for anything but a span from a second to a year."""
    found = re.fullmatch(FORM, text.strip()) if isinstance(text, str) else None
    number = int(found[0][:-1]) * UNITS[found[0][-1]] if found else 0
    if not 0 < number <= LONGEST_DAYS * DAY_SECONDS:
        raise ValueError(f"must be a span of time from {LIMITS}, such as 90s, 30m, 24h or 7d")
    return float(number)


INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"


def instant(text: object) -> float:
    """Read a moment as seconds since 1970. Raises ValueError for anything but RFC 3339 with an offset from UTC."""
    if isinstance(text, str) and re.fullmatch(INSTANT, text):
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(text.upper()).timestamp()
    raise ValueError("must be a moment with its offset from UTC, such as 2026-10-31T21:00:00Z")


def day(text: object) -> str:
    """Read a day as `2026-10-31`. Raises ValueError for anything else."""
    if isinstance(text, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        with suppress(ValueError):
            return date.fromisoformat(text).isoformat()
    raise ValueError("must be a day such as 2026-10-31")


Day = Annotated[str, BeforeValidator(day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[float, BeforeValidator(instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Span = Annotated[float, BeforeValidator(seconds), WithJsonSchema({"type": "string", "pattern": PATTERN})]


EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - an answer has thousands of times, and a zone costs as much as a time


@overload
def moment(seconds: float) -> str: ...
@overload
def moment(seconds: float | None) -> str | None: ...
@lru_cache(4096)  # all posts of one call have its times, so an answer has the same ones again and again
def moment(seconds: float | None) -> str | None:
    """Write a time as in RFC 3339, in UTC, to the millisecond."""
    return None if seconds is None else f"{(EPOCH + timedelta(0, seconds)).isoformat('T', 'milliseconds')}Z"


def span(seconds: float) -> str:
    """Write a span of whole seconds in its largest unit, such as `24h`; days from two on."""
    least = {"d": 2, "h": 1, "m": 1, "s": 1}
    unit = next(name for name, count in least.items() if seconds % UNITS[name] == 0 and seconds >= count * UNITS[name])
    return f"{int(seconds) // UNITS[unit]}{unit}"
