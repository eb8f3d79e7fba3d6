"""XLSX: read back by another library, cell by cell, and nothing in it is run."""

import io
import re
import zipfile
from datetime import datetime

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from crawler.spreadsheets.writing.columns import OWN, USUAL, Layout, choose
from crawler.spreadsheets.writing.dynamics import MOST_CURVES, Series
from crawler.spreadsheets.writing.report import Report
from crawler.spreadsheets.writing.summary import Facts
from tests.crawler.spreadsheets.writing.test_csv_and_ndjson import HOSTILE, MOSCOW, NIGHT, failed, row

FACTS = Facts("f00d", "Ноябрь, блогеры", NIGHT, NIGHT + 60, "Europe/Moscow")
ESCAPE = '<r><t>x</t></r></is></c><c r="A9" t="str"><f>1+1</f><v>2</v></c><c t="inlineStr"><is><r><t>y</t></r>'
AS_MARKUP = [ESCAPE, "<r></r>", "</t></is>", "&lt;", "]]>", "_x0041_", "a\x01b", "\ufffe\uffff", "http://evil.example/"]


def written(layout, rows, without=()):
    """The file's bytes."""
    file = io.BytesIO()
    report = Report(file, layout, MOSCOW)
    for each in rows:
        report.add(each)
    for each in without:
        report.add_without_link(*each)
    report.close(FACTS)
    return file.getvalue()


def opened(data):
    return load_workbook(io.BytesIO(data), rich_text=False)


def cells(book, name):
    return [list(cells) for cells in book[name].iter_rows(values_only=True)]


@pytest.fixture(scope="module")
def report():
    layout = Layout(["Блогер", "Цена"], choose(None, USUAL, cost=True), "ru")
    rows = [
        row(own=["Анна", "1000"], cost=1000.0),
        row(position=1, own=["Борис", "500"], cost=500.0, duplicate_of=0),
        row(position=2, own=["Вера"], post="https://vk.com/wall-1_2", views=3000, likes=0, comments=0, reposts=0),
        failed(position=3, own=["Глеб", "бартер"], link="spam", reason="invalid_link", detail="bad_host"),
        failed(position=4, status="created", reason=None),
    ]
    return opened(written(layout, rows, [(7, ["Даша"], "скоро")]))


def test_the_sheets(report):
    assert report.sheetnames == ["Сводка", "Посты", "Ошибки", "Без ссылки", "Пояснения"]
    posts = report["Посты"]
    assert (posts.freeze_panes, posts.auto_filter.ref) == ("A2", "A1:S6")


def test_every_row_is_in_its_place_with_real_numbers_and_dates(report):
    header, *rows = cells(report, "Посты")
    assert header[:6] == ["Блогер", "Цена", "Ссылка", "Просмотры", "Лайки", "Комментарии"]
    first = dict(zip(header, rows[0], strict=True))
    assert (first["Цена"], first["Просмотры"], first["CPM"]) == ("1000", 1000, 1000)
    assert first["Измерено"] == datetime(2026, 11, 1, 0, 0, 0, 250_000)  # noqa: DTZ001 - a spreadsheet has no zones
    assert first["ER по просмотрам"] == 0.023
    assert [each[0] for each in rows] == ["Анна", "Борис", "Вера", "Глеб", None]
    assert [each[3] for each in rows] == [1000, 1000, 3000, None, None]
    look = {cell.value: cell.number_format for cell in report["Посты"][2]}
    assert (look[0.023], look[1000]) == ("0.00%", "#,##0.00")


def test_sums_count_a_post_once_and_costs_by_row(report):
    found = {label: value for label, value in cells(report, "Сводка") if label}
    assert (found["Проверка"], found["Отбор"]) == ("Ноябрь, блогеры", "все ссылки")
    assert (found["Ссылок"], found["Готово"], found["Не получилось"], found["Ждут или проверяются"]) == (5, 3, 1, 1)
    assert (found["Повторы"], found["Строк без ссылки"], found["Разных постов с числом"]) == (1, 1, 2)
    assert (found["Просмотры"], found["Стоимость всех строк"], found["CPM"]) == (4000, 1500, 375)
    assert found["ER по просмотрам, взвешенный"] == 23 / 4000
    assert found["ER по просмотрам, среднее постов"] == 0.0115
    assert found["Это не ссылка на пост."] == 1


def test_what_failed_and_what_has_no_link_have_their_sheets(report):
    assert cells(report, "Ошибки")[1:] == [
        [
            *(4, "spam", "Это не ссылка на пост."),
            "Ссылка ведёт не во ВКонтакте: известны vk.com, vk.ru, vkontakte.ru и vkvideo.ru.",
            *("Глеб", "бартер"),
        ]
    ]
    assert cells(report, "Без ссылки") == [["Строка", "Блогер", "Цена", "Вместо ссылки"], [7, "Даша", None, "скоро"]]
    explained = dict(each for each in cells(report, "Пояснения") if each[0])
    assert explained["ER по просмотрам"] == "(Лайки + комментарии + репосты) / просмотры."


def test_what_failed_is_read_without_widening_a_column(report):
    sheet = report["Ошибки"]
    why, advice = sheet["C2"], sheet["D2"]
    assert why.alignment.wrap_text
    assert advice.alignment.wrap_text
    assert (sheet.row_dimensions[2].height, sheet.column_dimensions["C"].width > 50) == (30, True)


def test_columns_are_as_wide_as_their_headings_and_first_texts():
    names = ["№", "Блогер", "Комментарий", "Стоимость размещения с НДС", "ы" * 90]
    data = written(Layout(names, [OWN, "link"], "ru"), [row(own=["1", "Анна Соколова", "ы" * 90])])
    posts = opened(data)["Посты"]
    widths = [round(posts.column_dimensions[letter].width) for letter in "ABCDEF"]
    assert widths == [6, 15, 41, 31, 41, 43]  # with the room that XlsxWriter adds
    assert posts.row_dimensions[1].height == 45


@pytest.mark.parametrize(("own", "pages"), [(0, 1), (12, 2), (60, 7)])
def test_sheets_are_printed_with_their_headings_and_links_on_each_page(own, pages):
    names = [f"Столбец с именем {number}" for number in range(own)]
    posts = opened(written(Layout(names, [OWN, "link", "views", "measured_at"], "ru"), [row()]))["Посты"]
    assert (posts.page_setup.orientation, posts.page_setup.paperSize) == ("landscape", 9)
    assert posts.sheet_properties.pageSetUpPr.fitToPage
    assert (posts.page_setup.fitToWidth or 1, posts.page_setup.fitToHeight) == (pages, 0)
    letter = get_column_letter(own + 1)
    assert (posts.print_title_rows, posts.print_title_cols) == ("$1:$1", f"${letter}:${letter}")


def test_nothing_measured_is_no_zero():
    found = cells(opened(written(Layout([], choose(None, USUAL, cost=False), "en"), [failed()])), "Summary")
    assert {label: value for label, value in found if label}["Views"] is None


@pytest.mark.parametrize("text", [*HOSTILE, *AS_MARKUP])
def test_T37_text_is_text_and_comes_back_as_it_was(text):
    layout = Layout([f"{text} 1"], [OWN, "link"], "ru")
    data = written(layout, [row(link=text, own=[text])], [(1, [text], text)])
    book = opened(data)
    assert [_unescaped(cell.value) for cell in book["Посты"][2]] == [text, text]
    assert {cell.data_type for sheet in book for cells in sheet.iter_rows() for cell in cells} <= {"s", "n", "d"}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert not any(b"<f>" in package.read(name) for name in package.namelist() if "worksheets" in name)
        assert "xl/worksheets/_rels/sheet2.xml.rels" not in package.namelist()


def _unescaped(text):
    """As Excel reads it: openpyxl leaves control characters as the file has them (ECMA-376, ST_Xstring)."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def test_half_a_character_and_a_very_long_text_break_nothing():
    book = opened(written(Layout(["x"], [OWN, "link"], "ru"), [row(link="ы" * 40_000, own=["a\ud800b"])]))
    own, link = (cell.value for cell in book["Посты"][2])
    assert (own, len(link), link[-1]) == ("a?b", 16_001, "…")


def test_posts_that_were_measured_more_than_once_have_a_sheet_with_a_chart():
    file = io.BytesIO()
    report = Report(file, Layout([], ["link"], "ru"), MOSCOW, dynamics=True)
    report.add_series(Series("=1+1", [(NIGHT, 1000), (NIGHT + 3600, 1500), (NIGHT + 7200, 1400)]))
    for number in range(MOST_CURVES + 5):
        report.add_series(Series(f"https://vk.com/wall-1_{number}", [(NIGHT, 1), (NIGHT + 60, 2)]))
    report.close(FACTS)
    book = opened(file.getvalue())
    assert book.sheetnames == ["Сводка", "Посты", "Динамика", "Ошибки", "Без ссылки", "Пояснения"]
    sheet = cells(book, "Динамика")
    assert [row[2:4] for row in sheet[:4]] == [["Просмотры", "Прирост"], [1000, None], [1500, 500], [1400, -100]]
    assert (sheet[1][0], str(sheet[1][1])) == ("=1+1", "2026-11-01 00:00:00.250000")
    assert len(sheet) == 1 + 3 + 2 * (MOST_CURVES + 5)
    with zipfile.ZipFile(file) as parts:
        chart = parts.read("xl/charts/chart1.xml").decode()
    assert chart.count("<c:ser>") == MOST_CURVES
    assert "<c:f>Динамика!$C$2:$C$4</c:f>" in chart
