"""XLSX and XLS, read by python-calamine. It aborts the process on some files, so only `child` may import this."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from crawler.spreadsheets.reading import values, xlsx_links
from crawler.spreadsheets.reading.merged import fill, spread
from crawler.spreadsheets.reading.refusals import BROKEN, PROTECTED, FileRefused
from crawler.spreadsheets.reading.sheet import HIDDEN_LINKS_LOST, File, Rows, Sheet

# A password's record behind the first of a workbook: MS-XLS 2.1.7.20.3, 2.4.21 and 2.4.117
PASSWORD = re.compile(rb"\x09\x08(?:\x10\x00.{16}|\x08\x00.{8})(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)


def read_xlsx(data: bytes, package: ZipFile) -> File:
    """Read an XLSX file. Its macros, if it has any, are ignored. Raises FileRefused."""
    return File("xlsx", list(_sheets(data, package)))


def read_xls(data: bytes) -> File:
    """Read an XLS file. Links behind its cells cannot be read. Raises FileRefused."""
    return File("xls", list(_sheets(data, None)), notes=(HIDDEN_LINKS_LOST,))


def _sheets(data: bytes, package: ZipFile | None) -> Iterator[Sheet]:
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
    except PasswordError as error:
        raise FileRefused(PROTECTED) from error
    except (CalamineError, ValueError, OSError) as error:  # of some protected files it only says that it knows no such
        raise FileRefused(PROTECTED if PASSWORD.search(data) else BROKEN) from error
    for metadata in workbook.sheets_metadata:
        try:
            sheet = workbook.get_sheet_by_name(metadata.name)
        except (CalamineError, ValueError, OSError):
            continue  # a chart or a damaged sheet; others may be good
        yield _sheet(sheet, package, is_hidden=metadata.visible != SheetVisibleEnum.Visible)


def _sheet(sheet: CalamineSheet, package: ZipFile | None, *, is_hidden: bool) -> Sheet:
    ranges = sheet.merged_cell_ranges or []
    links = xlsx_links.find(package, sheet.name) if package else {}

    def rows() -> Rows:
        return fill(_rows(sheet), ranges)

    return Sheet(sheet.name, rows, spread(links, ranges), is_hidden)


def _rows(sheet: CalamineSheet) -> Rows:
    """Read the rows from the first on, and put back the empty first columns that the library leaves out."""
    if sheet.start is None:
        return
    margin = [""] * sheet.start[1]
    row: list[Any]
    for row in sheet.iter_rows():
        yield margin + [values.text(value) for value in row]
