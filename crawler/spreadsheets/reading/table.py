"""A file as a table: what we understand of it, and its rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from crawler.spreadsheets.reading import columns, layout, limits, problems
from crawler.spreadsheets.reading.layout import Layout
from crawler.spreadsheets.reading.link_cells import SEPARATORS, LinkReader
from crawler.spreadsheets.reading.problems import Problems
from crawler.spreadsheets.reading.refusals import (
    MANY_COLUMNS,
    NO_SHEET,
    UNKNOWN_COLUMN,
    UNKNOWN_SHEET,
    FileRefused,
)
from crawler.spreadsheets.reading.sheet import HIDDEN_LINKS_LOST, File, Sheet

MOST_COLUMNS = 60
LONGEST_CELL = 2_000  # characters
FIRST_ROWS = 20
MOST_SHOWN = 1_000_000  # characters of the first rows
MOST_SHEETS = 50


class Row(NamedTuple):
    """`number` counts from 1. `given` is the text in the links' place, if the row has no link."""

    number: int
    links: list[str]
    given: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Corrections:
    """What the sender corrects; None: as understood. Columns are given by name. `header_row` 0: there is no header."""

    sheet: str | None = None
    header_row: int | None = None
    link_column: str | None = None
    columns: list[str] | None = None


@dataclass(slots=True)
class Table:
    """One sheet, ready to be read."""

    file: File
    sheet: Sheet
    layout: Layout
    reader: LinkReader
    kept: list[int] = field(default_factory=list)  # columns that travel with the links
    problems: Problems = field(default_factory=Problems)

    @property
    def own(self) -> list[str]:
        return [self.layout.names[column] for column in self.kept]

    def rows(self) -> Iterator[Row]:
        """Read all rows but the header and blank ones."""
        link_column, header = self.layout.link_column, self.layout.header
        for at, cells in enumerate(self.sheet.rows()):
            if at != header and any(cells) and not all(cell.isspace() for cell in cells if cell):
                full = cells + [""] * (len(self.layout.names) - len(cells))
                below = header is None or at > header
                links = self._links(at, full) if below and link_column is not None else []
                given = "" if links or link_column is None else full[link_column][:LONGEST_CELL]
                yield Row(at + 1, links, given, full)

    def cells(self, row: Row) -> list[str]:
        """Return the cells that travel with the row's links."""
        return [row.cells[column][:LONGEST_CELL] for column in self.kept]

    def _links(self, at: int, cells: list[str]) -> list[str]:
        column = self.layout.link_column
        assert column is not None
        return self.reader.read(cells[column], self.sheet.hidden_link(at, column, cells))


def open_table(file: File, reader: LinkReader, given: Corrections) -> Table:
    """Choose the sheet and the columns. Raises FileRefused if a correction names something that does not exist."""
    sheets = [each for each in file.sheets if given.sheet in {None, each.name}]
    if not sheets:
        raise FileRefused(UNKNOWN_SHEET if file.sheets else NO_SHEET, (given.sheet or "")[: columns.LONGEST_NAME])
    found = [(each, layout.find(each, reader, given.header_row)) for each in sheets[:MOST_SHEETS]]
    sheet, best = max(found, key=lambda each: _worth(*each))
    if len(best.names) > limits.MOST_COLUMNS:
        raise FileRefused(MANY_COLUMNS, limits.MOST_COLUMNS)
    table = Table(file, sheet, best, reader)
    if given.link_column is not None:
        best.link_column = _index(best, given.link_column)
    return table


def _worth(sheet: Sheet, found: Layout) -> tuple[bool, bool, int, int]:
    links = found.most_links
    return links > 0, not sheet.is_hidden, links, found.filled.total()


def _index(found: Layout, name: str) -> int:
    index = found.index(name)
    if index is None:
        raise FileRefused(UNKNOWN_COLUMN, name[: columns.LONGEST_NAME])
    return index


def understand(table: Table, given: Corrections) -> dict[str, Any]:
    """Read the table once and say what is in it. This also sets `table.kept`, the columns to keep."""
    count = _count(table)
    table.kept = _kept(table, given, worded=count.worded)
    names = table.layout.names
    link_column = table.layout.link_column
    return {
        "kind": table.file.kind,
        "sheet": table.sheet.name or None,
        "sheets": [sheet.name for sheet in table.file.sheets if sheet.name],
        "encoding": table.file.encoding,
        "delimiter": table.file.delimiter,
        "header_row": None if table.layout.header is None else table.layout.header + 1,
        "link_column": None if link_column is None else names[link_column],
        "columns": [_column(table, column) for column in table.layout.used()],
        "rows": count.rows,
        "links": count.links,
        "rows_without_link": count.without,
        "first_rows": count.first,
        "problems": [
            {"row": each.row, "column": each.column, "code": each.code, "message": each.message}
            for each in table.problems.listed
        ],
        "problem_counts": dict(table.problems.counts),
    }


@dataclass(slots=True)
class Count:
    rows: int = 0
    links: int = 0
    without: int = 0
    worded: bool = False  # whether a cell with links has other words too
    first: list[dict[str, Any]] = field(default_factory=list)


def _count(table: Table) -> Count:
    count = Count()
    used, header = table.layout.used(), table.layout.header or -1
    longest = min(LONGEST_CELL, MOST_SHOWN // (FIRST_ROWS * max(1, len(used))))
    for row in table.rows():
        count.rows += 1
        count.links += len(row.links)
        count.without += not row.links
        count.worded = count.worded or _has_words(table, row)
        if len(count.first) < FIRST_ROWS:
            cells = [row.cells[column][:longest] for column in used]
            count.first.append({"row": row.number, "links": row.links, "cells": cells})
        if row.number > header:
            _look(table, row)
    for note in (*table.file.notes, *([] if count.links else [problems.NO_LINKS])):
        if count.without or note != HIDDEN_LINKS_LOST:
            table.problems.add_first(note)
    return count


def _has_words(table: Table, row: Row) -> bool:
    column = table.layout.link_column
    if column is None or not row.links or row.cells[column].strip() == row.links[0]:
        return False
    return any(part and part not in row.links for part in SEPARATORS.split(row.cells[column]))


def _look(table: Table, row: Row) -> None:
    """Note what is odd about the row."""
    names = table.layout.names
    if not row.links:
        table.problems.add(problems.TOTALS if problems.is_totals(row.cells) else problems.NO_LINK, row.number)
    for column, cell in enumerate(row.cells):
        if problems.is_rounded(cell):
            table.problems.add(problems.LOST_NUMBER, row.number, names[column])
        elif len(cell) > LONGEST_CELL:
            table.problems.add(problems.CUT_CELL, row.number, names[column])


def _kept(table: Table, given: Corrections, *, worded: bool) -> list[int]:
    """Choose the columns that travel with the links. The links' own column does so only if it has other words too."""
    if given.columns is not None:
        return [_index(table.layout, name) for name in dict.fromkeys(given.columns)]
    used = [column for column in table.layout.used() if column != table.layout.link_column or worded]
    if len(used) > MOST_COLUMNS:
        table.problems.add(problems.MORE_COLUMNS)
    return used[:MOST_COLUMNS]


def _column(table: Table, column: int) -> dict[str, Any]:
    name = table.layout.names[column]
    return {
        "name": name,
        "role": columns.LINK if column == table.layout.link_column else _role(name),
        "links": table.layout.links[column],
        "filled": table.layout.filled[column],
        "kept": column in table.kept,
    }


def _role(name: str) -> str | None:
    """Return the role of a column that is not the links' one: there is only one of those."""
    role = columns.role(name)
    return None if role == columns.LINK else role
