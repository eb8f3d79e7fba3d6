"""Calendar months of a time zone."""

import re
from datetime import datetime
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from control.campaigns.plan import next_month

FORM = "20[0-9]{2}-(0[1-9]|1[0-2])"


class Month(NamedTuple):
    """From one midnight to before another: seconds since 1970."""

    name: str  # such as 2026-10
    begin: float
    end: float

    @classmethod
    def named(cls, text: str, zone: str) -> Self:
        """Return `2026-10` as the zone has it. Raises ValueError."""
        if not re.fullmatch(FORM, text):
            raise ValueError("must be a month such as 2026-10")
        begin = datetime.strptime(text, "%Y-%m").replace(tzinfo=ZoneInfo(zone)).timestamp()
        return cls(text, begin, next_month(begin, ZoneInfo(zone)))

    @property
    def before(self) -> str:
        """Return the name of the month before."""
        return _moved(self.name, -1)

    @property
    def after(self) -> str:
        """Return the name of the next month."""
        return _moved(self.name, 1)


def _moved(name: str, by: int) -> str:
    year, month = map(int, name.split("-"))
    years, place = divmod(12 * year + month - 1 + by, 12)
    return f"{years}-{place + 1:02}"
