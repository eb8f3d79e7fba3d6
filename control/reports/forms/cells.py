"""Reads the cells of the user's own columns. A text that can be read in two ways is not read at all."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from control.reports.forms.columns import FormColumn
from control.reports.forms.money import RATES, WITHOUT_VAT
from crawler.spreadsheets.writing.amounts import GROUPS, amount

LONGEST_TEXT = 255  # characters of an id or a name
MOST_DIGITS = 30  # of a count; a longer text is no number that anybody means
PLAIN_NUMBER = re.compile(r"\d{1,15}(?:[.,]\d{1,12})?", re.ASCII)
DATES = ("%Y-%m-%d", "%d.%m.%Y")
PAY_TYPES = {"cpm": "cpm", "cpc": "cpc", "cpa": "cpa", "other": "other", "иное": "other"}
YES_AND_NO = {"да": True, "yes": True, "true": True, "1": True, "нет": False, "no": False, "false": False, "0": False}
NO_VAT = ("без ндс", "не облагается", "without vat", WITHOUT_VAT)


def _text(cell: str) -> str:
    return cell


def _count(cell: str) -> int:
    digits = re.sub(GROUPS, "", cell)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > MOST_DIGITS:
        raise ValueError
    return int(digits)


def _money(cell: str) -> Decimal:
    if PLAIN_NUMBER.fullmatch(cell):
        return Decimal(cell.replace(",", "."))
    found = amount(cell)
    if found is None or found < 0:
        raise ValueError
    return Decimal(str(found))


def _rate(cell: str) -> str:
    if cell.lower() in NO_VAT:
        return WITHOUT_VAT
    number = cell.removesuffix("%").strip()
    if number not in RATES:
        raise ValueError
    return number


def _day(cell: str) -> date:
    for form in DATES:
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise ValueError


READERS: dict[FormColumn, Callable[[str], Any]] = {
    FormColumn.CREATIVE: _text,
    FormColumn.PAD: _text,
    FormColumn.PAD_NAME: _text,
    FormColumn.CREATIVE_NAME: _text,
    FormColumn.PAID_SHOWS: _count,
    FormColumn.AMOUNT: _money,
    FormColumn.PRICE: _money,
    FormColumn.VAT_RATE: _rate,
    FormColumn.PAY_TYPE: lambda cell: PAY_TYPES[cell.lower()],
    FormColumn.PLANNED_FROM: _day,
    FormColumn.PLANNED_TO: _day,
    FormColumn.OWNED_BY_AGENCY: lambda cell: YES_AND_NO[cell.lower()],
    FormColumn.SELF_PROMOTION: lambda cell: YES_AND_NO[cell.lower()],
}


def read(column: FormColumn, cell: str) -> Any:
    """Return the value of a cell. Raises ValueError or KeyError if it is none."""
    return READERS[column](cell)
