"""P2: a spreadsheet is handed in with a real browser, measured, and comes back with numbers beside its own columns."""

import csv
import io

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import Workbook
from python_calamine import CalamineWorkbook

from tests.control.pages.browser import Visitor, chromium
from tests.system import PASSWORD
from tests.vk_standin import truth

pytestmark = pytest.mark.process

ROWS = (("Анна", "https://vk.com/wall-1_1", "=1+1"), ("Борис", "https://vk.com/wall-1_903", "12 000,50"))


@pytest.fixture
def sheet(tmp_path):
    book = Workbook()
    for row in (("Отчёт за октябрь",), ("Блогер", "Ссылка на пост", "Цена, руб."), *ROWS, ("Вера", "удалён", "1")):
        book.active.append(row)
    book.active["C3"].data_type = "s"
    book.save(tmp_path / "октябрь.xlsx")
    return tmp_path / "октябрь.xlsx"


def download(person, button):
    with person.page.expect_download() as waiting:
        person.page.get_by_role("link", name=button).click()
    return waiting.value


def is_accessible(person):
    found = Axe().run(person.page)
    assert found.violations_count == 0, found.generate_report()
    person.has_nothing_to_complain_about()


def test_P2_a_spreadsheet_comes_back_with_numbers_beside_its_own_columns(running, sheet):
    system, _ = running
    system.login("Анна")
    with chromium() as browser:
        person = Visitor(browser, system.url, viewport={"width": 360, "height": 740})
        person.page.set_default_timeout(60_000)
        person.enter("Анна", PASSWORD, "/checks")
        person.page.locator("#file").set_input_files(sheet)
        person.page.locator("#name").fill("Октябрь")
        person.page.get_by_role("button", name="Проверить").click()
        person.page.wait_for_url("**/checks/files/*")
        is_accessible(person)
        assert person.page.get_by_label("Ссылки в столбце «Ссылка на пост»").is_checked()
        person.page.get_by_role("button", name="Проверить").dblclick(no_wait_after=True)
        person.page.get_by_role("link", name="Показать результаты").wait_for()
        person.page.get_by_role("link", name="Показать результаты").click()
        person.page.get_by_text("Почему не получилось").wait_for()
        is_accessible(person)
        workbook = download(person, "Скачать XLSX (все 2)")
        text = download(person, "Скачать CSV (все 2)")
        assert workbook.suggested_filename.endswith("Октябрь.xlsx")
        book = CalamineWorkbook.from_path(workbook.path())
        written = text.path().read_bytes().decode("utf-8-sig")
        person.go("/checks/files")
        is_accessible(person)
    header, *rows = book.get_sheet_by_name("Посты").to_python()
    assert header[:4] == ["Блогер", "Цена, руб.", "Ссылка", "Просмотры"]
    views = truth.views("wall", -1, 1)
    assert [row[:4] for row in rows] == [
        ["Анна", "=1+1", ROWS[0][1], views],
        ["Борис", "12 000,50", ROWS[1][1], ""],
    ]
    rest = [row[1:] for row in book.get_sheet_by_name("Без ссылки").to_python()[1:]]
    assert rest == [["Отчёт за октябрь", "", ""], ["Вера", "1", "удалён"]]
    table = list(csv.reader(io.StringIO(written, newline=""), delimiter=";"))
    assert [row[:4] for row in table[1:]] == [
        ["Анна", "'=1+1", ROWS[0][1], str(views)],
        ["Борис", "12 000,50", ROWS[1][1], ""],
    ]
