"""The form on paper, which shows as much as there is."""

from datetime import datetime
from zoneinfo import ZoneInfo

from control.reports.forms import form, paper
from control.reports.forms.issues import IssueCode
from control.reports.month_views import MonthFlag
from tests.control.reports.forms.lines import TODAY, codes, line, own

MOSCOW = ZoneInfo("Europe/Moscow")


def shown(given, lang="ru"):
    (statistic,) = form.fill(paper.FORM, given, TODAY).statistics
    return [column.value(statistic, lang, MOSCOW) for column in paper.COLUMNS]


def test_a_row_has_the_columns_that_accountants_keep():
    cells = shown([line(own=own(creative_name="Осень"))])
    begin, end = (datetime(2026, 10, day, tzinfo=MOSCOW).timestamp() for day in (5, 31))
    assert cells == ["2SDnjegvUsB", "Осень", "https://vk.com/club1", 501, 500, begin, end, "CPM", 2.44, 1220.0, "22"]


def test_what_the_user_does_not_give_stays_empty():
    cells = shown([line(own={})])
    assert cells[1:5] == [None, "https://vk.com/club1", 501, None]
    assert cells[7:] == [None] * 4


def test_words_are_in_the_readers_language():
    given = [line(own=own(rate="без НДС", pay_type="other"))]
    assert [shown(given, lang)[7::3] for lang in ("ru", "en")] == [["иное", "без НДС"], ["other", "without VAT"]]


def test_a_month_that_goes_on_is_shown():
    assert shown([line(flags=[MonthFlag.UNFINISHED])])[3] == 501


def test_creatives_may_be_called_differently():
    lines = [line(0, own=own(creative_name="Осень")), line(1, own=own(creative_name="Зима"))]
    assert shown(lines)[1] == "Осень"
    lines = [line(0), line(1, own=own(amount=None))]
    assert {code for _, code, _ in codes(form.fill(paper.FORM, lines, TODAY))} == {IssueCode.DIFFERS}
