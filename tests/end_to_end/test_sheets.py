"""A sheet goes in with the user's own columns, is measured, and comes out: compared cell by cell.

`make sheets` does it with 100,000 rows: `SHEET_ROWS` says how many.
"""

import csv
import io
import json
import os

import pytest
import xlsxwriter
from openpyxl import load_workbook

from crawler.spreadsheets.writing.marks import unmark
from tests.vk_standin import truth

pytestmark = pytest.mark.process

ROWS = int(os.environ.get("SHEET_ROWS", "5000"))
PATIENCE = 120 + ROWS / 25  # seconds
OWN = [f"Столбец {number}" for number in range(1, 21)]
ODD = [
    "=1+1",
    "+7 999",
    "-5",
    "-5x",
    "@nick",
    "'x",
    ' "a" ',
    "a;b,c\td",
    "две\nстроки",
    "漢字 🎈",
    "1 200,50",
    "007",
    "",
]
COMPANIONS = ("likes", "comments", "reposts")


def own(number):
    """The cells of a row: no two rows are equal, and every odd text stands in every column."""
    return [f"{ODD[(number + place) % len(ODD)]}{number if place == 0 else ''}" for place in range(len(OWN))]


ITEMS = [item for item in range(1, 2 * ROWS + 2) if item % 1000 < 900][:ROWS]
SHEET = [own(number) for number in range(ROWS)]


@pytest.fixture(scope="module")
def measured(running):
    """The system, and the id of a batch that came as a sheet and is done."""
    system, _ = running
    made = system.session.post(f"{system.url}/imports", files={"file": ("лист.xlsx", written())})
    assert (made.status_code, made.json()["links"]) == (201, ROWS), made.text
    accepted = system.session.post(f"{made.json()['url']}/accept", json={})
    assert accepted.status_code == 202, accepted.text
    batch = accepted.json()["id"]
    system.until(lambda: system.batch(batch)["state"] == "done", PATIENCE, "done")
    return system, batch


def written():
    """Links stand in the middle."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([OWN, *SHEET]):
            link = f"https://vk.com/wall-1_{ITEMS[row - 1]}" if row else "Ссылка"
            for column, cell in enumerate([*cells[:10], link, *cells[10:]]):
                sheet.write_string(row, column, cell)
    return file.getvalue()


def get(system, path, **query):
    answer = system.session.get(f"{system.url}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer


def right(number):
    """What the stand-in has for the link of a row."""
    item = ITEMS[number]
    companions = truth.companions("wall", -1, item)
    numbers = [truth.views("wall", -1, item), *(companions[name] for name in COMPANIONS)]
    return [f"https://vk.com/wall-1_{item}", *numbers]


def test_csv_has_every_cell(measured):
    system, batch = measured
    text = get(system, f"/batches/{batch}/links", format="csv").content.decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert header[:21] == [*OWN, "Ссылка"]
    assert len(rows) == ROWS
    for number, row in enumerate(rows):
        assert [unmark(cell) for cell in row[:20]] == SHEET[number]
        assert row[20:25] == [str(value) for value in right(number)]


def test_ndjson_has_every_cell(measured):
    system, batch = measured
    lines = get(system, f"/batches/{batch}/links", format="ndjson").text.splitlines()
    assert len(lines) == ROWS
    for number, line in enumerate(lines):
        row = json.loads(line)
        assert row["own"] == dict(zip(OWN, SHEET[number], strict=True))
        assert [row[name] for name in ("link", "views", *COMPANIONS)] == right(number)


def test_xlsx_has_every_cell(measured):
    system, batch = measured
    made = system.session.post(f"{system.url}/exports", json={"batch": batch, "format": "xlsx"}).json()
    path = f"/exports/{made['id']}"
    system.until(lambda: get(system, path).json()["state"] == "ready", PATIENCE, "ready")
    book = load_workbook(io.BytesIO(get(system, f"{path}/file").content), read_only=True)
    header, *rows = book["Посты"].iter_rows(values_only=True)
    assert list(header[:21]) == [*OWN, "Ссылка"]
    assert len(rows) == ROWS
    for number, row in enumerate(rows):
        assert [cell or "" for cell in row[:20]] == SHEET[number]
        assert list(row[20:25]) == right(number)
