"""The files of ad-hoc runs that spreadsheets open: text stays text and numbers stay numbers.

Links and own columns are whatever somebody sent.
"""

import csv
import re
from collections.abc import Iterable
from io import BytesIO
from typing import IO, Any
from zoneinfo import ZoneInfo

from scrapy.exporters import BaseItemExporter, CsvItemExporter

from crawler.platforms.contract import COUNTS
from crawler.spreadsheets.writing.column import Kind
from crawler.spreadsheets.writing.columns import OWN
from crawler.spreadsheets.writing.marks import mark
from crawler.spreadsheets.writing.workbook import Book, Table

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
WIDTHS = {"link": 44, "reason": 16}  # in characters
USUAL_WIDTH = 14


class Flat(BaseItemExporter):
    """Gives each own column a field of its own, in place of the one that holds them all."""

    def get_serialized_fields(
        self, item: Any, default_value: Any = None, include_empty: bool | None = None
    ) -> Iterable[tuple[str, Any]]:
        for name, value in super().get_serialized_fields(item, default_value, include_empty):
            yield from value.items() if name == OWN else [(name, value)]


class CsvExporter(Flat, CsvItemExporter):
    """Scrapy's own leaves formulas for spreadsheets to run and escape sequences for terminals to obey."""

    def __init__(self, file: BytesIO, **options: Any) -> None:
        super().__init__(file, quoting=csv.QUOTE_ALL, **options)

    def _write_headers_and_set_fields_to_export(self, item: Any) -> None:
        if self.include_headers_line:
            names = (name for name, _ in self.get_serialized_fields(item, default_value="", include_empty=True))
            self.csv_writer.writerow(list(self._build_row(names)))

    def _build_row(self, values: Iterable[Any]) -> Iterable[Any]:
        return (cell(value) if isinstance(value, str) else value for value in super()._build_row(values))


def cell(text: str) -> str:
    """Return text as a spreadsheet takes it for text, and a terminal obeys nothing of it."""
    return CONTROL.sub(lambda control: f"\\x{ord(control[0]):02x}", mark(text))


class XlsxExporter(Flat):
    """One sheet with the rows that CSV has."""

    def __init__(self, file: IO[bytes], **options: Any) -> None:
        super().__init__(dont_fail=True, **options)
        self.book = Book(file, ZoneInfo("UTC"))
        self.table: Table | None = None

    def export_item(self, item: Any) -> None:
        fields = list(self.get_serialized_fields(item, include_empty=True))
        if self.table is None:
            names = [name for name, _ in fields]
            self.table = Table(self.book, "views", names, [_kind(name) for name in names])
            self.table.widen(WIDTHS.get(name, USUAL_WIDTH) for name in names)
        self.table.add([value for _, value in fields])

    def finish_exporting(self) -> None:
        if self.table:
            self.table.end()
        self.book.close()


def _kind(name: str) -> Kind:
    """Return how a column is written. An own column of such a name holds text, which stays text."""
    return Kind.COUNT if name in COUNTS else Kind.TEXT
