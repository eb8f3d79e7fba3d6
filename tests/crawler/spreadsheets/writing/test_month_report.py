"""The XLSX of a month: read back by another library, sheet by sheet."""

import io

import pytest
from openpyxl import load_workbook

from control.reports.month_views import MonthFlag
from crawler.spreadsheets.writing.column import Kind
from crawler.spreadsheets.writing.dynamics import Series
from crawler.spreadsheets.writing.month_columns import FLAGS, MONTH_COLUMNS
from crawler.spreadsheets.writing.month_report import NOTES, FormColumn, MonthReport, Said, Sheets
from crawler.spreadsheets.writing.month_summary import MonthFacts
from crawler.spreadsheets.writing.rows import At, InMonth
from tests.crawler.spreadsheets.writing.test_csv_and_ndjson import HOSTILE, MOSCOW, NIGHT, failed, row

FORM = [FormColumn("erid", "Токен."), FormColumn("Период с", "День.", Kind.DAY), FormColumn("Сумма", "₽", Kind.MONEY)]
FACTS = MonthFacts("Ноябрь", "2026-10", "Europe/Moscow", "RUB", NIGHT, NIGHT + 60, False, 3, 1, 700, 690, 720, 1400.0)
COUNTED = InMonth(100, 800, 700, 690, 720, "estimated", ["fell"])
UNKNOWN = InMonth(None, 800, None, None, 800, "at_most", ["no_beginning"])


def written(facts=FACTS, lang="ru", own=("Блогер",), names=("Анна",)):
    file = io.BytesIO()
    with MonthReport(file, Sheets(own, ["24h"], FORM, lang), MOSCOW, dynamics=True) as report:
        at = [At(500, 490, 510, "measured")]
        report.add_all([row(own=list(names), month=COUNTED, at=at, cost=1400.0, erids=["2SDnjegvUsB"])])
        report.add_all([row(position=1, month=UNKNOWN, at=at), failed(position=2, reason="not_found")])
        report.add_form_row(["2SDnjegvUsB", NIGHT, 1400.0])
        report.add_series(Series("https://vk.com/wall-1_1", [(NIGHT - 60, 1), (NIGHT, 800)]))
        report.add_issues([Said(0, "https://vk.com/wall-1_1", "Упал.", False), Said(2, "spam", "Не пост.", True)])
        report.close(facts)
    return load_workbook(io.BytesIO(file.getvalue()))


def cells(book, name):
    return [list(cells) for cells in book[name].iter_rows(values_only=True)]


def summed(book, name="Сводка"):
    return {label: value for label, value in cells(book, name) if label}


def test_placements_have_own_columns_first_and_then_what_they_gained():
    heading, first, second, third = cells(written(), "Посты")
    assert heading[:9] == [
        *("Блогер", "Ссылка", "Просмотры за месяц", "Не меньше", "Не больше", "Основание"),
        *("На начало месяца", "На конец месяца", "Особенности месяца"),
    ]
    assert first[:9] == ["Анна", "https://vk.com/wall-1_1", 700, 690, 720, "оценка", 100, 800, "счётчик упал"]
    assert second[:9] == [
        *(None, "https://vk.com/wall-1_1", None, None, 800, "не больше", None, 800),
        "нет начала: старше месяца",
    ]
    assert third[:3] == [None, "https://vk.com/wall-1_1", None]
    found = dict(zip(heading, first, strict=True))
    assert (found["Просмотры через 24 ч"], found["CPV"], found["erid в посте"]) == (500, 1.4, "2SDnjegvUsB")


def test_the_sheet_of_the_month_has_days_and_money_as_such():
    book = written()
    heading, (erid, day, money) = cells(book, "Месяц")
    assert (heading, erid, str(day.date()), money) == (["erid", "Период с", "Сумма"], "2SDnjegvUsB", "2026-11-01", 1400)
    assert book["Месяц"]["B2"].number_format == "dd.mm.yyyy"


def test_errors_and_notes_are_told_apart():
    _, note, error = cells(written(), "Ошибки")
    assert note == [1, "https://vk.com/wall-1_1", "замечание", "Упал."]
    assert error == [3, "spam", "ошибка", "Не пост."]


def test_the_summary_has_the_month_and_what_it_rests_on():
    found = summed(written())
    assert (found["Кампания"], found["Месяц"], found["Состояние"]) == ("Ноябрь", "2026-10", "закрыт: числа не меняются")
    assert (found["Разных постов"], found["Из них без числа"], found["Просмотры за месяц"]) == (3, 1, 700)
    assert (found["Стоимость размещений, RUB"], found["Стоимость / просмотры за месяц, RUB"]) == (1400, 2)
    assert (found["оценка"], found["не больше"]) == (1, 1)
    assert found["ER по просмотрам, взвешенный"] == pytest.approx(0.023)


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"closed_at": None}, "не закрыт: числа могут уточниться"),
        ({"closed_at": None, "goes_on": True}, "ещё идёт: числа на сейчас"),
    ],
)
def test_a_month_that_may_change_says_so(changed, state):
    facts = MonthFacts(**{name: getattr(FACTS, name) for name in FACTS.__slots__} | changed)
    found = summed(written(facts))
    assert (found["Состояние"], "Закрыт" in found and found["Закрыт"]) == (state, None)


def test_without_a_number_there_is_no_sum():
    facts = MonthFacts(**{name: getattr(FACTS, name) for name in FACTS.__slots__} | {"unmeasured": 3})
    found = summed(written(facts))
    assert (found["Просмотры за месяц"], found["Стоимость / просмотры за месяц, RUB"]) == (None, None)


def test_every_column_is_explained_in_both_languages():
    for lang, sheet in (("ru", "Пояснения"), ("en", "Explanations")):
        said = {label for label, _ in cells(written(lang=lang), sheet)}
        assert {column.words[lang] for column in MONTH_COLUMNS} <= said
        assert {column.heading for column in FORM} <= said
        assert {what for what, _ in NOTES[lang]} <= said
        assert set(FLAGS[lang]) == {*map(str, MonthFlag)}


@pytest.mark.parametrize("text", HOSTILE)
def test_own_columns_stay_text(text):
    book = written(own=(text,), names=(text,))
    assert [book["Посты"][place].data_type for place in ("A1", "A2")] == ["s", "s"]


def test_where_nothing_was_measured_twice_there_is_no_sheet_of_growth():
    file = io.BytesIO()
    with MonthReport(file, Sheets([], [], FORM, "ru"), MOSCOW) as report:
        report.close(FACTS)
    assert load_workbook(io.BytesIO(file.getvalue())).sheetnames == ["Сводка", "Посты", "Месяц", "Ошибки", "Пояснения"]
