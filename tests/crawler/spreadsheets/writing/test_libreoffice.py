"""LibreOffice opens what we write: it stores the same cells again, and prints every sheet."""

import os
import shutil
import subprocess

import pytest
from openpyxl import load_workbook

from crawler.spreadsheets.writing.columns import USUAL, Layout, choose
from tests.crawler.spreadsheets.writing.test_csv_and_ndjson import HOSTILE, failed, row
from tests.crawler.spreadsheets.writing.test_report import AS_MARKUP, written

pytestmark = pytest.mark.process

SHEETS = ["Сводка", "Посты", "Ошибки", "Без ссылки", "Пояснения"]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Our file, and what LibreOffice made of it."""
    folder = tmp_path_factory.mktemp("libreoffice")
    if not shutil.which("soffice"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("LibreOffice is not installed")
    plain = [text for text in [*HOSTILE, *AS_MARKUP] if text.isprintable()]  # with the others it has ways of its own
    texts = [text for text in plain if "_x" not in text]  # openpyxl shows it escaped
    layout = Layout(["Блогер", "Цена"], choose(None, USUAL, cost=True), "ru")
    rows = [row(position=place, own=[text, "1 000,50"], cost=1000.5, link=text) for place, text in enumerate(texts)]
    file = folder / "ours.xlsx"
    file.write_bytes(written(layout, [*rows, failed(position=99, own=["Глеб"])], [(7, ["Даша"], "скоро")]))
    for form in ("xlsx", "pdf"):
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", form]
        subprocess.run([*command, "--outdir", folder / "theirs", file], check=True, capture_output=True, timeout=240)
    theirs = folder / "theirs"
    return load_workbook(file), load_workbook(theirs / "ours.xlsx"), (theirs / "ours.pdf").read_bytes()


def test_it_stores_the_same_cells_again(opened):
    ours, theirs, _ = opened
    assert theirs.sheetnames == SHEETS
    for name in SHEETS:
        found, wanted = ([[*cells] for cells in book[name].iter_rows()] for book in (theirs, ours))
        assert [values(cells) for cells in found] == [values(cells) for cells in wanted], name
        assert not any(cell.data_type == "f" for cells in found for cell in cells)


def values(cells):
    """Texts and numbers of a row; a moment to the second."""
    found = [cell.value for cell in cells]
    while found and found[-1] is None:
        found.pop()
    return [each.replace(microsecond=0) if hasattr(each, "microsecond") else each for each in found]


def test_it_prints_every_sheet(opened):
    assert opened[2].startswith(b"%PDF-")
    assert opened[2].count(b"/Type/Page/") >= len(SHEETS)
