"""XLSX, written row by row, so that only one row is in memory."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from math import ceil
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import CellBlankTuple, CellStringTuple, Worksheet

from crawler.spreadsheets.writing.column import Kind, Value

LONGEST_TEXT = 16_000  # characters of a cell: Excel accepts 32,767 units of UTF-16, and some take two
WIDEST = 60  # characters
WIDEST_GROWN = 40  # a column of long texts does not grow further
SAMPLE = 1_000  # rows whose texts decide how wide their columns are
ROOM = 4  # characters beside a heading for the button of its filter
LETTERS = 1.1  # that have room where a digit has
LINE_POINTS = 15  # the height of a line of text
PAGE_CHARACTERS = 240  # of a printed page: more would be too small to read
A4 = 9
Formats = Mapping[Kind, Any]
LOOKS: Mapping[Kind, str] = {
    Kind.COUNT: "#,##0",
    Kind.SHARE: "0.00%",
    Kind.MONEY: "#,##0.00",
    Kind.PRICE: "#,##0.0000",
    Kind.MOMENT: "dd.mm.yyyy hh:mm:ss",
    Kind.DAY: "dd.mm.yyyy",
}
MOMENTS = {Kind.MOMENT, Kind.DAY}
NUMBERS = {Kind.COUNT, Kind.SHARE, Kind.MONEY, Kind.PRICE}
TOP = {"valign": "top"}
WRAPPED = {**TOP, "text_wrap": True}
RIGHT = {"align": "right", "indent": 1}  # away from a text to its right
LEFT = {"align": "left"}
HEADING = {"bold": True, "bg_color": "#E8EEF4", "bottom": 1, **WRAPPED}
FOOTER = "&L&F · &A&R&P / &N"
SPECIAL = re.compile(r"[&<>\x00-\x1f\ufffe\uffff]|_x|^\s|\s$")  # texts without any are written as they are
NO_GUESSES = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)


class Sheet(Worksheet):
    """Writes any text as text. The stock one copies `<r>…</r>` into the file unescaped, and so any XML within.

    It also looks through each text several times for what few texts have, where one look is enough.
    """

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        place = f'<c r="{column_name(col)}{row + 1}"{self._style(row, cell.format)}'
        if isinstance(cell, CellStringTuple):
            self.fh.write(f'{place} t="inlineStr"><is>{self._text(cell.string)}</is></c>')
        elif isinstance(cell, CellBlankTuple):
            self.fh.write(f"{place}/>")
        else:
            self.fh.write(f"{place}><v>{cell.number:.16G}</v></c>")

    def _style(self, row: int, look: Any) -> str:
        """Return the attribute of the cell's own look, or of its row's."""
        of_row = self.row_info.get(row)
        look = look or (of_row and of_row.row_format)
        return f' s="{look._get_xf_index()}"' if look else ""  # noqa: SLF001 - as the stock one does

    def _text(self, text: str) -> str:
        if not SPECIAL.search(text):
            return f"<t>{text}</t>"
        escaped = self._escape_data(self._escape_control_characters(text))
        return f'<t xml:space="preserve">{escaped}</t>'


class Table:
    """A sheet whose headings stay in sight. Rows are added from the top.

    Columns are as wide as their headings and first texts need. Where it `wraps`, sentences take several lines.
    """

    def __init__(
        self, book: "Book", name: str, headings: Sequence[str], kinds: Sequence[Kind], *, wraps: bool = False
    ) -> None:
        self.book, self.kinds = book, kinds
        self.sheet = book.sheet(name)
        self.looks = book.wrapping if wraps else book.looks
        self.wraps = wraps
        self.rows = 0
        self.widths = [min(len(heading) + ROOM, WIDEST_GROWN) for heading in headings]
        self.sheet.set_row(0, LINE_POINTS * max((lines(heading, WIDEST_GROWN) for heading in headings), default=1))
        for column, (heading, kind) in enumerate(zip(headings, kinds, strict=True)):
            self.sheet.write_string(0, column, _short(heading), book.heading(kind))
        self.sheet.freeze_panes(1, 0)
        self.sheet.repeat_rows(0)
        self.sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})

    def widen(self, widths: Iterable[int]) -> None:
        """Make the columns at least so wide."""
        self.widths = [min(max(pair), WIDEST) for pair in zip(self.widths, widths, strict=True)]

    def add(self, cells: Sequence[Value]) -> None:
        self.rows += 1
        if self.rows <= SAMPLE:
            self._grow(cells)
        if self.wraps:
            self.sheet.set_row(self.rows, LINE_POINTS * self._lines(cells), self.book.top)
        for column, (value, kind) in enumerate(zip(cells, self.kinds, strict=True)):
            self.book.write(self.sheet, (self.rows, column), value, kind, self.looks)

    def end(self) -> None:
        for column, width in enumerate(self.widths):
            self.sheet.set_column(column, column, width)
        self.sheet.fit_to_pages(max(1, ceil(sum(self.widths) / PAGE_CHARACTERS)), 0)
        if self.kinds:
            self.sheet.autofilter(0, 0, max(self.rows, 1), len(self.kinds) - 1)

    def _grow(self, cells: Sequence[Value]) -> None:
        for column, (value, width) in enumerate(zip(cells, self.widths, strict=True)):
            if isinstance(value, str) and width <= len(value):
                self.widths[column] = max(width, min(len(value) + 1, WIDEST_GROWN))

    def _lines(self, cells: Sequence[Value]) -> int:
        """Return how many lines the longest sentence takes."""
        return max(
            lines(str(value), width) if kind is Kind.SENTENCE and value else 1
            for value, width, kind in zip(cells, self.widths, self.kinds, strict=True)
        )


def lines(text: str, width: int) -> int:
    """Return how many lines a text takes in a column: its letters are narrower than the digits that widths count."""
    return max(1, ceil(len(text) / (LETTERS * width)))


class Book:
    """A file with sheets. Working files lie in `folder`; times are shown in the `zone`."""

    def __init__(self, file: IO[bytes] | Path, zone: ZoneInfo, folder: Path | None = None) -> None:
        options = {"constant_memory": True, "tmpdir": str(folder) if folder else None, **NO_GUESSES}
        self.book = xlsxwriter.Workbook(file, options)
        self.zone = zone
        self.over_text = self.book.add_format(HEADING)
        self.over_numbers = self.book.add_format({**HEADING, **RIGHT})
        self.top, wrapped = self.book.add_format(TOP), self.book.add_format(WRAPPED)
        self.looks: Formats = self._formats({})
        self.wrapping: Formats = {**self._formats(TOP), Kind.SENTENCE: wrapped}
        self.of_cards: Formats = {**self._formats({**TOP, **LEFT, "indent": 0}), Kind.TEXT: wrapped}

    def _formats(self, more: Mapping[str, Any]) -> dict[Kind, Any]:
        """Make the formats of numbers and moments."""
        return {
            kind: self.book.add_format({**(RIGHT if kind in NUMBERS else LEFT), "num_format": look, **more})
            for kind, look in LOOKS.items()
        }

    def heading(self, kind: Kind) -> Any:
        return self.over_numbers if kind in NUMBERS else self.over_text

    def sheet(self, name: str) -> Any:
        sheet = self.book.add_worksheet(name, Sheet)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        sheet.set_footer(FOOTER)
        sheet.fit_to_pages(1, 0)
        return sheet

    def line_chart(self) -> Any:
        """Make a chart whose lines run over numbers, such as times, that lie at any distance from each other."""
        return self.book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})

    def write(self, sheet: Any, place: tuple[int, int], value: Value, kind: Kind, looks: Formats) -> None:
        """Write a cell. An unknown or empty value makes no cell."""
        if value is None or value == "":
            return
        look = looks.get(kind)
        if isinstance(value, str):
            sheet.write_string(*place, _short(value), look)
        elif kind in MOMENTS:
            local = datetime.fromtimestamp(value, self.zone).replace(tzinfo=None)
            sheet.write_datetime(*place, local, look)
        else:
            sheet.write_number(*place, value, look)

    def close(self) -> None:
        self.book.close()

    def abandon(self) -> None:
        """Close the working files of a workbook that was not closed."""
        self.book.fileclosed = True
        for sheet in self.book.worksheets():
            sheet.row_data_fh.close()


column_name = cache(xl_col_to_name)


def _short(text: str) -> str:
    """Cut the text to the length of a cell, and replace half characters, which no file can hold."""
    if len(text) <= LONGEST_TEXT and text.isprintable():
        return text
    shown = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
    return shown.encode("utf-8", "replace").decode()
