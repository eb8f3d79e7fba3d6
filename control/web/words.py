"""The pages' texts in every language, and how numbers and times are written in each.

`control/pages/words/<language>/<part>.toml` holds the texts of one part of the pages, with the keys `<part>.<key>`. A
value is a text, or the list of its plural forms; `{name}` is replaced by an argument.
"""

import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from control.times import DAY_SECONDS

LANGUAGES = ("ru", "en")
FOLDER = Path(__file__).parents[1] / "pages/words"
THOUSANDS = {"ru": "\u00a0", "en": ","}
DECIMAL = {"ru": ",", "en": "."}
DAY = {"ru": "%d.%m.%Y", "en": "%Y-%m-%d"}
MOMENT = {"ru": "%d.%m.%Y, %H:%M", "en": "%Y-%m-%d %H:%M"}
PRECISE = {"ru": "%d.%m.%Y, %H:%M:%S", "en": "%Y-%m-%d %H:%M:%S"}
TICK_DAY, TICK_TIME = {"ru": "%d.%m.%y", "en": "%Y-%m-%d"}, {"ru": "%d.%m, %H:%M", "en": "%m-%d %H:%M"}
UNKNOWN = "—"  # never 0, never empty

Entry = str | list[str]


@cache
def catalogue(language: str) -> Mapping[str, Entry]:
    found: dict[str, Entry] = {}
    for file in sorted((FOLDER / language).glob("*.toml")):
        _flatten(found, file.stem, tomllib.loads(file.read_text()))
    return found


def _flatten(found: dict[str, Entry], prefix: str, table: Mapping[str, Any]) -> None:
    for name, value in table.items():
        if isinstance(value, dict):
            _flatten(found, f"{prefix}.{name}", value)
        else:
            found[f"{prefix}.{name}"] = value


def plural_ru(number: int) -> int:
    """Choose one of three forms: 1 ссылка, 2 ссылки, 5 ссылок."""
    if number % 10 == 1 and number % 100 != 11:
        return 0
    return 1 if number % 10 in {2, 3, 4} and number % 100 not in {12, 13, 14} else 2


def plural_en(number: int) -> int:
    return 0 if number == 1 else 1


PLURALS: dict[str, Callable[[int], int]] = {"ru": plural_ru, "en": plural_en}


def has(language: str, key: str) -> bool:
    return key in catalogue(language)


def say(language: str, key: str, **given: Any) -> str:
    """Return the text with this key. Numbers are written as the language writes them, and `n` chooses the plural form.

    Raises KeyError if there is no such text.
    """
    entry = catalogue(language)[key]
    text = entry if isinstance(entry, str) else entry[PLURALS[language](abs(int(given["n"])))]
    return text.format_map({name: _written(language, value) for name, value in given.items()})


def raw(language: str, key: str) -> str:
    """Return it with its placeholders, for a script to fill in."""
    entry = catalogue(language)[key]
    assert isinstance(entry, str)
    return entry


def _written(language: str, value: Any) -> str:
    return number(language, value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def number(language: str, value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}".replace(",", THOUSANDS[language])


def decimal(language: str, value: float | None, places: int) -> str:
    """Write it with so many digits after the decimal sign."""
    if value is None:
        return UNKNOWN
    whole, _, part = f"{value:.{places}f}".partition(".")
    return f"{number(language, int(whole))}{DECIMAL[language]}{part}" if part else number(language, int(whole))


def signed(language: str, value: int | None) -> str:
    """Write a difference with its sign."""
    sign = "" if not value else "+" if value > 0 else "−"
    return UNKNOWN if value is None else f"{sign}{number(language, abs(value))}"


def moment(language: str, seconds: float | None, zone: ZoneInfo) -> str:
    """Write seconds since 1970 as a local day and time."""
    return UNKNOWN if seconds is None else datetime.fromtimestamp(seconds, zone).strftime(MOMENT[language])


def precisely(language: str, seconds: float, zone: ZoneInfo) -> str:
    """Write it to the second, as evidence."""
    return datetime.fromtimestamp(seconds, zone).strftime(PRECISE[language])


def tick(language: str, seconds: float, zone: ZoneInfo, *, days: bool) -> str:
    """Write it shortly, below the axis of a chart."""
    return datetime.fromtimestamp(seconds, zone).strftime((TICK_DAY if days else TICK_TIME)[language])


def clock(seconds: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(seconds, zone).strftime("%H:%M:%S")


def day(language: str, seconds: float | None, zone: ZoneInfo) -> str:
    return UNKNOWN if seconds is None else datetime.fromtimestamp(seconds, zone).strftime(DAY[language])


def machine(seconds: float) -> str:
    """Write seconds since 1970 for `<time datetime>`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(language: str, seconds: float) -> str:
    """Write a span of time with one or two units: 3 minutes, 5 hours 12 minutes."""
    whole = max(0, round(seconds))
    units = (("days", DAY_SECONDS), ("hours", 3600), ("minutes", 60), ("seconds", 1))
    for (name, size), (smaller, its) in zip(units, (*units[1:], ("", 0)), strict=True):
        if whole >= size or not its:
            first, rest = divmod(whole, size)
            second = rest // its if its and name != "minutes" else 0
            parts = [say(language, f"spans.{name}", n=first)]
            parts += [say(language, f"spans.{smaller}", n=second)] if second else []
            return " ".join(parts)
    raise AssertionError
