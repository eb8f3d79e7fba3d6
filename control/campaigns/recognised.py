"""Fields of a placement, read from its user's own columns. What cannot be read stays empty. Pure: no database."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from crawler.spreadsheets.writing.amounts import amount

ERID = "^[A-Za-z0-9][A-Za-z0-9_-]{7,63}$"
HUNDRED = 100
MOST_COST = 10**12
MOST_VIEWS = 10**15
LONGEST_NAME = 200  # characters of a blogger's
DATES = ("%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y", "%d/%m/%Y")


def _name(text: str) -> str | None:
    return text[:LONGEST_NAME]


def _cost(text: str) -> int | None:
    found = amount(text)
    return round(found * HUNDRED) if found is not None and 0 <= found <= MOST_COST else None


def _erid(text: str) -> str | None:
    bare = re.sub("^erid *[:=] *", "", text, flags=re.IGNORECASE)
    return bare if re.fullmatch(ERID, bare) else None


def _views(text: str) -> int | None:
    found = amount(text)
    return int(found) if found is not None and 0 <= found <= MOST_VIEWS and found == int(found) else None


def _date(text: str) -> str | None:
    """Read a day; a time after it is left out."""
    for form in DATES:
        with suppress(ValueError):
            return datetime.strptime(text.replace("T", " ").split(" ")[0], form).replace(tzinfo=UTC).date().isoformat()
    return None


# By the role of the column: `crawler.spreadsheets.reading.columns` tells it by the column's name.
READERS: Mapping[str, Callable[[str], Any]] = {
    "blogger": _name,
    "date": _date,
    "cost": _cost,
    "erid": _erid,
    "baseline": _views,
}


def read(role: str, cell: str) -> Any:
    """Return what the field of this name holds by the cell; None where it cannot be read."""
    text = cell.strip()
    return READERS[role](text) if text else None
