"""How text files write values: for Excel with Russian settings, or for programs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from crawler.spreadsheets.writing.column import Kind, Value
from crawler.spreadsheets.writing.marks import mark

ProfileName = Literal["excel", "plain"]


@dataclass(frozen=True, slots=True)
class Profile:
    begin: str  # the byte order mark by which Excel recognises UTF-8, or nothing
    delimiter: str
    line_end: str
    decimal: str
    moment: Callable[[float, ZoneInfo], str]
    day_form: str = "%Y-%m-%d"

    def day(self, value: date) -> str:
        return value.strftime(self.day_form)

    def text(self, value: Value, kind: Kind, zone: ZoneInfo) -> str:
        """Write a cell, so that no spreadsheet runs it."""
        if value is None:
            return ""
        if kind is Kind.MOMENT:
            return self.moment(float(value), zone)
        if isinstance(value, float):
            return decimal(value).replace(".", self.decimal)
        return mark(value) if isinstance(value, str) else str(value)


def local(seconds: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(seconds, zone).strftime("%d.%m.%Y %H:%M:%S")


def rfc3339(seconds: float, _zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def decimal(value: float) -> str:
    """Write a number without an exponent, to the six decimals that our ratios have."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


PROFILES: dict[ProfileName, Profile] = {
    "excel": Profile("\ufeff", ";", "\r\n", ",", local, "%d.%m.%Y"),
    "plain": Profile("", ",", "\r\n", ".", rfc3339),
}
