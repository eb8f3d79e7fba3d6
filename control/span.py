"""Spans of time as people write them: `90s`, `30m`, `24h`, `7d`."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

FORM = "[0-9]{1,9} ?[smhd]"
# What the document promises: a little less than is taken, so that whatever it allows lies between 1s and 366d.
DAYS = "([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6]) ?d"
PATTERN = f"^([1-9][0-9]{{0,6}} ?s|[1-9][0-9]{{0,4}} ?m|[1-9][0-9]{{0,2}} ?h|{DAYS})$"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST_SECONDS = 366 * 86_400


def seconds(text: object) -> float:
    """Raises ValueError for anything but a span from a second to a year."""
    found = re.fullmatch(FORM, text.strip()) if isinstance(text, str) else None
    number = int(found[0][:-1]) * UNITS[found[0][-1]] if found else 0
    if not 0 < number <= LONGEST_SECONDS:
        raise ValueError("must be a span of time from 1s to 366d, such as 90s, 30m, 24h or 7d")
    return float(number)


Span = Annotated[float, BeforeValidator(seconds), WithJsonSchema({"type": "string", "pattern": PATTERN})]
