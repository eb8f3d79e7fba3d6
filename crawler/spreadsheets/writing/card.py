"""A sheet that is read from its top: labels with their values, in groups that have titles."""

from collections.abc import Iterable

from crawler.spreadsheets.writing.column import Kind, Value
from crawler.spreadsheets.writing.workbook import LINE_POINTS, Book, lines

Line = tuple[str, Value, Kind]


class Card:
    """`widths` are those of labels and values, in characters."""

    def __init__(self, book: Book, name: str, widths: tuple[int, int]) -> None:
        self.book, self.widths = book, widths
        self.sheet = book.sheet(name)
        self.sheet.set_portrait()
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self.row = 0

    def add(self, title: str, group: Iterable[Line]) -> None:
        """Add a group below the others; nothing if it has no lines."""
        found = list(group)
        if not found:
            return
        self.sheet.write_string(self.row, 0, title, self.book.over_text)
        self.sheet.write_blank(self.row, 1, "", self.book.over_text)
        for line in found:
            self._write(line)
        self.row += 2

    def _write(self, line: Line) -> None:
        self.row += 1
        label, value, kind = line
        texts = (label, value if isinstance(value, str) else "")
        self.sheet.set_row(self.row, LINE_POINTS * max(map(lines, texts, self.widths)))
        for column, (cell, of) in enumerate(((label, Kind.TEXT), (value, kind))):
            self.book.write(self.sheet, (self.row, column), cell, of, self.book.of_cards)
