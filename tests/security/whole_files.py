"""Files of every kind that can be sent, whole ones: what others are broken from."""

import csv
import io
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import xlsxwriter

from tests.crawler.spreadsheets.reading.packages import data, row, xlsx, zipped

LINK = "https://vk.com/wall-1_{}"
ROWS = [["Блогер", "Ссылка на пост", "Цена, руб."], *(["Анна", LINK.format(each), "1 200,50"] for each in range(1, 9))]
NAMESPACES = "urn:oasis:names:tc:opendocument:xmlns"


@cache
def whole_files() -> dict[str, bytes]:
    """By kind; the same with each call."""
    return {
        "xlsx": _workbook(),
        "xlsx by hand": xlsx(("S", _by_hand()), links=[LINK.format(9)], strings="<si><t>пост</t></si>"),
        "ods": _ods(),
        **({"xls": _xls()} if shutil.which("ssconvert") else {}),
        "zip": zipped({"a.txt": "a" * 100, "xl/b.xml": "<b/>"}),
        **{f"csv {encoding}": _text(";", encoding) for encoding in ("utf-8", "cp1251", "utf-16")},
        "tsv": _text("\t", "utf-8-sig"),
        "txt": "\n".join(LINK.format(each) for each in range(20)).encode(),
    }


def _workbook() -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Октябрь")
        for number, cells in enumerate(ROWS):
            sheet.write_row(number, 0, cells)
        sheet.write_url(9, 1, LINK.format(9), string="пост")
        sheet.write_formula(10, 1, f'=HYPERLINK("{LINK.format(10)}","пост")', None, "пост")
        sheet.merge_range("A12:A13", "Борис")
    return file.getvalue()


def _by_hand() -> str:
    formula = ('HYPERLINK("https://vk.com/wall-1_"&amp;C3,"пост")', "пост")
    return data(row(1, *ROWS[0]), row(2, *ROWS[1]), row(3, "Анна", formula, 5))


def _ods() -> bytes:
    cell = '<table:table-cell office:value-type="string"{}><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        f"<table:table-row>{''.join(cell.format('', each) for each in cells)}</table:table-row>" for cells in ROWS
    )
    twice = cell.format(' table:number-columns-repeated="2"', LINK.format(9))
    names = " ".join(f'xmlns:{each}="{NAMESPACES}:{each}:1.0"' for each in ("office", "table", "text"))
    table = (
        f'<table:table table:name="Л">{rows}<table:table-row table:number-rows-repeated="3">{twice}</table:table-row>'
    )
    return zipped({"content.xml": f"<office:document-content {names}>{table}</table:table></office:document-content>"})


def _xls() -> bytes:
    """As gnumeric writes it."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "a.xlsx"
        book.write_bytes(_workbook())
        subprocess.run(
            ["ssconvert", book, book.with_suffix(".xls")],
            check=True,
            capture_output=True,
            env=os.environ | {"HOME": folder},
        )
        return book.with_suffix(".xls").read_bytes()


def _text(delimiter: str, encoding: str) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(ROWS)
    return file.getvalue().encode(encoding)
