"""A form as a table: one row of a register a line, the parts of a field in columns of their own."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from control.reports.forms import fields
from control.reports.forms.form import Fields, Filled, Form, Getter
from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.column import Kind
from crawler.spreadsheets.writing.csv_and_ndjson import lines
from crawler.spreadsheets.writing.profiles import Profile

DAYS = (fields.first, fields.last, fields.planned_first, fields.planned_last)
NO_ZONE = ZoneInfo("UTC")  # no cell is a moment


def csv(form: Form, filled: Filled, profile: Profile, lang: Lang) -> str:
    columns = list(_columns(form.fields))
    words = form.headings.get(lang, {})
    rows = [[words.get(name, name) for name, _ in columns]]
    rows += [[_cell(get, get(row), profile) for _, get in columns] for row in filled.statistics]
    return profile.begin + lines(rows, profile)


def _columns(of: Fields, before: str = "") -> Iterator[tuple[str, Getter]]:
    for name, get in of.items():
        if isinstance(get, Mapping):
            yield from _columns(get, f"{before}{name}.")
        else:
            yield before + name, get


def _cell(get: Getter, value: Any, profile: Profile) -> str:
    if get in DAYS:
        return profile.day(date.fromisoformat(value))
    return profile.text(value, Kind.TEXT, NO_ZONE)
