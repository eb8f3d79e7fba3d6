"""XLSX, written row by row, so that only one row is in memory."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from crawler.spreadsheets.writing.column import Kind, Value

LONGEST_TEXT = 16_000  # characters of a cell: Excel accepts 32,767 units of UTF-16, and some take two
WIDEST = 60  # characters
LOOKS: Mapping[Kind, Mapping[str, Any]] = {
    Kind.COUNT: {"num_format": "#,##0"},
    Kind.SHARE: {"num_format": "0.00%"},
    Kind.MONEY: {"num_format": "#,##0.00"},
    Kind.PRICE: {"num_format": "#,##0.0000"},
    Kind.MOMENT: {"num_format": "dd.mm.yyyy hh:mm:ss", "align": "left", "indent": 1},
}
HEADING = {"bold": True, "bg_color": "#E8EEF4", "bottom": 1, "valign": "top", "text_wrap": True}
NO_GUESSES = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)


class Sheet(Worksheet):
    """Writes any text as text. The stock one copies `<r>…</r>` into the file unescaped, and so any XML within."""

    def _xml_rich_inline_string(self, string: str, attributes: Sequence[Any] = ()) -> None:
        self._xml_inline_string(string, True, list(attributes))


class Table:
    """A sheet whose headings stay in sight. Rows are added from the top."""

    def __init__(self, book: "Book", name: str, headings: Sequence[str], kinds: Sequence[Kind]) -> None:
        self.book, self.kinds = book, kinds
        self.sheet = book.sheet(name)
        self.rows = 0
        for column, (heading, kind) in enumerate(zip(headings, kinds, strict=True)):
            self.sheet.write_string(0, column, _short(heading), book.heading(kind))
        self.sheet.freeze_panes(1, 0)
        self.sheet.repeat_rows(0)
        self.sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})

    def widen(self, widths: Iterable[int]) -> None:
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, min(width, WIDEST))

    def add(self, cells: Sequence[Value]) -> None:
        self.rows += 1
        for column, (value, kind) in enumerate(zip(cells, self.kinds, strict=True)):
            self.book.write(self.sheet, self.rows, column, value, kind)

    def end(self) -> None:
        if self.kinds:
            self.sheet.autofilter(0, 0, max(self.rows, 1), len(self.kinds) - 1)


class Book:
    """A file with sheets. Working files lie in `folder`; times are shown in the `zone`."""

    def __init__(self, file: IO[bytes] | Path, zone: ZoneInfo, folder: Path | None = None) -> None:
        options = {"constant_memory": True, "tmpdir": str(folder) if folder else None, **NO_GUESSES}
        self.book = xlsxwriter.Workbook(file, options)
        self.zone = zone
        self.over_text = self.book.add_format(HEADING)
        self.over_numbers = self.book.add_format({**HEADING, "align": "right"})
        self.bold = self.book.add_format({"bold": True, "valign": "top"})
        self.wrapped = self.book.add_format({"text_wrap": True, "valign": "top"})
        self.looks = {kind: self.book.add_format(dict(look)) for kind, look in LOOKS.items()}

    def heading(self, kind: Kind) -> Any:
        return self.over_text if kind in {Kind.TEXT, Kind.MOMENT} else self.over_numbers

    def sheet(self, name: str) -> Any:
        sheet = self.book.add_worksheet(name, Sheet)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        return sheet

    def line_chart(self) -> Any:
        """Make a chart whose lines run over numbers, such as times, that lie at any distance from each other."""
        return self.book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})

    def write(self, sheet: Any, row: int, column: int, value: Value, kind: Kind) -> None:
        """Write a cell. An unknown or empty value makes no cell."""
        if value is None or value == "":
            return
        if isinstance(value, str):
            sheet.write_string(row, column, _short(value))
        elif kind is Kind.MOMENT:
            local = datetime.fromtimestamp(value, self.zone).replace(tzinfo=None)
            sheet.write_datetime(row, column, local, self.looks[kind])
        else:
            sheet.write_number(row, column, value, self.looks[kind])

    def close(self) -> None:
        self.book.close()

    def abandon(self) -> None:
        """Close the working files of a workbook that was not closed."""
        self.book.fileclosed = True
        for sheet in self.book.worksheets():
            sheet.row_data_fh.close()


def _short(text: str) -> str:
    """Cut the text to the length of a cell, and replace half characters, which no file can hold."""
    shown = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
    return shown.encode("utf-8", "replace").decode()
