"""Spans of time as people write them: `90s`, `30m`, `24h`, `7d`."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

PATTERN = "^[0-9]{1,9} ?[smhd]$"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST_SECONDS = 366 * 86_400


def seconds(text: object) -> float:
    """Raises ValueError for anything but a span from a second to a year."""
    found = re.fullmatch(PATTERN, text.strip()) if isinstance(text, str) else None
    number = int(found[0][:-1]) * UNITS[found[0][-1]] if found else 0
    if not 0 < number <= LONGEST_SECONDS:
        raise ValueError("must be a span of time from 1s to 366d, such as 90s, 30m, 24h or 7d")
    return float(number)


Span = Annotated[float, BeforeValidator(seconds), WithJsonSchema({"type": "string", "pattern": PATTERN})]
