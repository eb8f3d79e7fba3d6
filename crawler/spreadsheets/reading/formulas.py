"""`=HYPERLINK(…)`: where it leads, if its own row tells.

The first argument is a text, a cell, or several of them joined by `&`. XLSX writes a cell as `B2`, ODS as `[.B2]`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

CALL = re.compile(r"HYPERLINK\s*\(\s*", re.IGNORECASE)
PART = re.compile(r'\s*(?:"((?:[^"]|"")*)"|\[?\.?(\$?)([A-Z]{1,3})(\$?)([0-9]{1,7})\]?)\s*(&|[,;)]|$)')


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in the sheet, from 0. If several cells share a formula, the parts that are not fixed move along."""

    row: int
    column: int
    row_fixed: bool
    column_fixed: bool


@dataclass(frozen=True, slots=True)
class Address:
    """Where a cell leads: texts and cells that are joined."""

    parts: tuple[str | Cell, ...]

    def read(self, number: int, row: Sequence[str]) -> str | None:
        """Return the address, given the row that it stands in. None if it needs another row."""
        texts = [part if isinstance(part, str) else _value(part, number, row) for part in self.parts]
        return None if None in texts else "".join(text for text in texts if text)

    def moved(self, rows: int, columns: int) -> "Address":
        """Return the address for a cell that shares the formula and is so many rows and columns away."""
        return Address(tuple(part if isinstance(part, str) else _moved(part, rows, columns) for part in self.parts))


def hyperlink(formula: str) -> Address | None:
    """Read where the formula leads. None if it does not call HYPERLINK, or computes the address in another way."""
    call = CALL.search(formula)
    if call is None:
        return None
    parts: list[str | Cell] = []
    at, sign = call.end(), "&"
    while sign == "&":
        found = PART.match(formula, at)
        if found is None:
            return None
        parts.append(_part(found))
        at, sign = found.end(), found[6]
    return Address(tuple(parts))


def column_number(letters: str) -> int:
    """Return the number of a column, from 0: of `A` 0, of `AA` 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_letters(number: int) -> str:
    """Return the letters of a column, given its number from 0."""
    letters, number = "", number + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _part(found: re.Match[str]) -> str | Cell:
    if found[1] is not None:
        return found[1].replace('""', '"')
    return Cell(int(found[5]) - 1, column_number(found[3]), bool(found[4]), bool(found[2]))


def _value(cell: Cell, number: int, row: Sequence[str]) -> str | None:
    if cell.row != number or not 0 <= cell.column < len(row):
        return None
    return row[cell.column]


def _moved(cell: Cell, rows: int, columns: int) -> Cell:
    row = cell.row if cell.row_fixed else cell.row + rows
    column = cell.column if cell.column_fixed else cell.column + columns
    return Cell(row, column, cell.row_fixed, cell.column_fixed)
