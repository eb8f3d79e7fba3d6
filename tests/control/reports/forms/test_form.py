"""What holds for the forms of all registers: which placements make a row, what is added up, and what is refused."""

from datetime import date

import pytest

from control.reports.forms import form, neutral, vk
from control.reports.forms.columns import FormColumn
from control.reports.forms.given import OF_FLAGS
from control.reports.forms.issues import IssueCode
from control.reports.forms.known import FORMS
from control.reports.month_views import MonthFlag
from tests.control.reports.forms.lines import MONEY, OURS, TODAY, codes, line, own

EACH = pytest.mark.parametrize("each", FORMS.values(), ids=FORMS)


@EACH
def test_what_is_complete_makes_a_row_and_nothing_is_said(each):
    filled = form.fill(each, [line()], TODAY)
    assert (len(filled.rows), filled.issues) == (1, [])
    assert [asked.lacking for asked in filled.asked if asked.required] == [0] * sum(a.required for a in filled.asked)


def test_placements_of_one_creative_and_pad_are_one_row():
    first = line(0, first=date(2026, 10, 9), last=date(2026, 10, 20))
    second = line(1, shows=99, first=date(2026, 10, 7), last=date(2026, 10, 11))
    filled = form.fill(vk.FORM, [first, second], TODAY)
    (row,) = filled.rows
    assert (row["shows_count"], row["invoice_shows_count"], row["amount"]["including_vat"]) == (600, 1000, "2440")
    assert (row["date_start_actual"], row["date_end_actual"]) == ("2026-10-07", "2026-10-20")
    assert filled.statistics[0].positions == (0, 1)


def test_a_post_that_two_placements_name_counts_once_and_is_paid_for_twice():
    filled = form.fill(vk.FORM, [line(0), line(1, post=line(0).post)], TODAY)
    assert (filled.rows[0]["shows_count"], filled.rows[0]["amount"]["including_vat"]) == (501, "2440")


def test_another_pad_or_creative_is_another_row():
    lines = [line(0), line(1, own=own(pad="pad-2")), line(2, own=own(creative="creative-2"))]
    assert len(form.fill(vk.FORM, lines, TODAY).rows) == 3


def test_the_addresses_of_a_joint_post_make_a_row_for_each_wall_and_say_so():
    lines = [line(0), line(1, post=line(0).post, wall="https://vk.com/club3"), line(2, post=line(0).post)]
    filled = form.fill(neutral.FORM, lines, TODAY)
    assert [(row["wall"], row["shows"]) for row in filled.rows] == [
        ("https://vk.com/club1", 501),
        ("https://vk.com/club3", 501),
    ]
    assert codes(filled) == [(position, IssueCode.JOINT_POST, None) for position in range(3)]


REFUSED = {
    "no beginning": (line(shows=None, flags=[MonthFlag.NO_BEGINNING]), IssueCode.NO_BEGINNING, None),
    "no reading": (line(shows=None, flags=[MonthFlag.NO_READING]), IssueCode.NO_READING, None),
    "no number, and nobody says why": (line(shows=None), IssueCode.NO_READING, None),
    "a gap": (line(shows=None, flags=[MonthFlag.GAP]), IssueCode.GAP, None),
    "as of now": (line(flags=[MonthFlag.UNFINISHED]), IssueCode.UNFINISHED, None),
    "no creative": (line(own=own(creative=None)), IssueCode.MISSING, FormColumn.CREATIVE),
    "a blank pad": (line(own=own(pad="  ")), IssueCode.MISSING, FormColumn.PAD),
    "too long an id": (line(own=own(creative="x" * 256)), IssueCode.TOO_LONG, FormColumn.CREATIVE),
    "two ids": (line(own=own(creative_id="creative-2")), IssueCode.TWO_VALUES, FormColumn.CREATIVE),
    "a price without an amount": (line(own=own(amount=None)), IssueCode.MISSING, FormColumn.AMOUNT),
    "an amount without a rate": (line(own=own(rate=None)), IssueCode.MISSING, FormColumn.VAT_RATE),
    "an amount in words": (line(own=own(amount="тысяча")), IssueCode.MALFORMED, FormColumn.AMOUNT),
    "an amount in two readings": (line(own=own(amount="1.000,5.0")), IssueCode.MALFORMED, FormColumn.AMOUNT),
    "a negative amount": (line(own=own(amount="-5")), IssueCode.MALFORMED, FormColumn.AMOUNT),
    "too many decimals": (line(own=own(amount="1,123456")), IssueCode.TOO_MANY_DECIMALS, FormColumn.AMOUNT),
    "more than ten digits": (line(own=own(amount="10000000000")), IssueCode.TOO_LARGE, FormColumn.AMOUNT),
    "decimals of a price by click": (
        line(own=own(price="2,123456", pay_type="cpc")),
        IssueCode.TOO_MANY_DECIMALS,
        FormColumn.PRICE,
    ),
    "decimals of a price by show": (line(own=own(price="2,123456789")), IssueCode.TOO_MANY_DECIMALS, FormColumn.PRICE),
    "too large a price": (line(own=own(price="100000000000")), IssueCode.TOO_LARGE, FormColumn.PRICE),
    "an amount of nothing": (line(own=own(amount="0")), IssueCode.ZERO_AND_POSITIVE, FormColumn.PRICE),
    "a price of nothing": (line(own=own(price="0")), IssueCode.ZERO_AND_POSITIVE, FormColumn.PRICE),
    "last year's rate": (line(own=own(rate="20")), IssueCode.VAT_RATE_OF_OTHER_DATE, FormColumn.VAT_RATE),
    "no such rate": (line(own=own(rate="13")), IssueCode.MALFORMED, FormColumn.VAT_RATE),
    "no such pay type": (line(own=own(pay_type="по факту")), IssueCode.MALFORMED, FormColumn.PAY_TYPE),
    "half a show": (line(own=own(paid="1.5")), IssueCode.MALFORMED, FormColumn.PAID_SHOWS),
    "more shows than there can be": (line(own=own(paid=str(2**63))), IssueCode.TOO_LARGE, FormColumn.PAID_SHOWS),
    "a number without end": (line(own=own(paid="9" * 200)), IssueCode.MALFORMED, FormColumn.PAID_SHOWS),
    "no such day": (line(own=own(planned_from="31.09.2026")), IssueCode.MALFORMED, FormColumn.PLANNED_FROM),
    "a plan over two months": (
        line(own=own(planned_from="2026-09-30", planned_to="2026-10-01")),
        IssueCode.WRONG_PLAN,
        FormColumn.PLANNED_FROM,
    ),
    "a plan that ends before it begins": (
        line(own=own(planned_from="20.10.2026", planned_to="2026-10-19")),
        IssueCode.WRONG_PLAN,
        FormColumn.PLANNED_FROM,
    ),
    "a plan that ends after today": (
        line(own=own(planned_from="01.11.2026", planned_to="2026-11-03")),
        IssueCode.ENDS_IN_FUTURE,
        FormColumn.PLANNED_TO,
    ),
    "two months": (line(first=date(2026, 9, 30)), IssueCode.WRONG_PERIOD, None),
    "an end before the beginning": (line(last=date(2026, 10, 4)), IssueCode.WRONG_PERIOD, None),
    "an end after today": (
        line(first=date(2026, 11, 1), last=date(2026, 11, 3)),
        IssueCode.ENDS_IN_FUTURE,
        None,
    ),
    "money for self-promotion": (
        line(own=own(self_promotion="да")),
        IssueCode.PROMOTION_WITH_MONEY,
        FormColumn.SELF_PROMOTION,
    ),
}


@pytest.mark.parametrize(("given", "code", "column"), REFUSED.values(), ids=REFUSED)
def test_what_breaks_a_rule_makes_no_row_and_is_named(given, code, column):
    filled = form.fill(vk.FORM, [given], TODAY)
    assert filled.rows == []
    assert codes(filled) == [(0, code, column)]
    assert filled.issues[0].is_error


TAKEN = {
    "the month's last day, while UTC is still there": (line(), date(2026, 10, 31)),
    "last year's rate last year": (
        line(first=date(2025, 12, 1), last=date(2025, 12, 31), own=own(rate="20")),
        TODAY,
    ),
    "all for nothing": (line(own=own(amount="0", price="0")), TODAY),
    "without VAT": (line(own=own(rate="без НДС")), TODAY),
    "with a percent sign and a currency": (line(own=own(rate="22 %", amount="1 220,00 ₽")), TODAY),
    "one row of two columns that say the same": (line(own=own(creative_id="creative-1")), TODAY),
    "eight decimals of a price by a thousand": (line(own=own(price="0,12345678")), TODAY),
}


@pytest.mark.parametrize(("given", "today"), TAKEN.values(), ids=TAKEN)
def test_what_keeps_the_rules_makes_a_row(given, today):
    filled = form.fill(vk.FORM, [given], today)
    assert (len(filled.rows), filled.issues) == (1, [])


NOTED = {
    "gone": ([MonthFlag.NO_END], IssueCode.AT_LEAST),
    "fallen": ([MonthFlag.FELL], IssueCode.FELL),
    "fallen before": ([MonthFlag.MADE_UP], IssueCode.MADE_UP),
    "by the user's word": ([MonthFlag.BASELINE], IssueCode.BASELINE),
}


@pytest.mark.parametrize(("flags", "code"), NOTED.values(), ids=NOTED)
def test_what_one_should_know_of_a_number_is_a_note(flags, code):
    filled = form.fill(vk.FORM, [line(flags=flags)], TODAY)
    assert (len(filled.rows), codes(filled)) == (1, [(0, code, None)])
    assert not filled.issues[0].is_error


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (line(shows=0, own={}), IssueCode.NO_SHOWS),
        (line(shows=0, own={}, flags=[MonthFlag.NOT_PUBLISHED]), IssueCode.NOT_PUBLISHED),
    ],
)
def test_where_there_is_nothing_to_report_nothing_is_asked_for(given, code):
    filled = form.fill(vk.FORM, [given], TODAY)
    assert (filled.rows, codes(filled)) == ([], [(0, code, None)])
    assert [asked.lacking for asked in filled.asked] == [0] * len(filled.asked)


def test_every_flag_of_a_month_is_something_to_be_said():
    assert set(OF_FLAGS) == set(MonthFlag)


def test_a_row_is_held_back_as_a_whole():
    """A sum that lacks a part would be a wrong number under the right name."""
    lines = [line(0), line(1, own=own(amount="тысяча")), line(2, own=own(pad="pad-2"))]
    filled = form.fill(vk.FORM, lines, TODAY)
    assert [row["pad_external_id"] for row in filled.rows] == ["pad-2"]
    assert codes(filled) == [(0, IssueCode.HELD_BACK, None), (1, IssueCode.MALFORMED, FormColumn.AMOUNT)]


def test_a_sum_may_be_too_large_where_its_parts_are_not():
    lines = [line(0, own=own(paid=str(2**62))), line(1, own=own(paid=str(2**62)))]
    filled = form.fill(vk.FORM, lines, TODAY)
    assert (filled.rows, {code for _, code, _ in codes(filled)}) == ([], {IssueCode.TOO_LARGE})


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"rate": "без НДС"}, FormColumn.VAT_RATE),
        ({"price": "3"}, FormColumn.PRICE),
        ({"paid": None}, FormColumn.PAID_SHOWS),
    ],
)
def test_placements_of_one_row_that_contradict_each_other_make_none(changed, column):
    filled = form.fill(vk.FORM, [line(0), line(1, own=own(**changed))], TODAY)
    assert filled.rows == []
    assert codes(filled) == [(0, IssueCode.DIFFERS, column), (1, IssueCode.DIFFERS, column)]


def test_what_is_missing_is_asked_for_by_column():
    filled = form.fill(FORMS["yandex"], [line(0, own=OURS), line(1, own=OURS | MONEY)], TODAY)
    lacking = {asked.column: asked.lacking for asked in filled.asked if asked.required}
    money = (FormColumn.AMOUNT, FormColumn.VAT_RATE, FormColumn.PRICE, FormColumn.PAY_TYPE)
    assert lacking == {FormColumn.CREATIVE: 0, FormColumn.PAD: 0, FormColumn.PAID_SHOWS: 2} | dict.fromkeys(money, 1)
    assert {code for _, code, _ in codes(filled)} == {IssueCode.MISSING}


@pytest.mark.parametrize(
    ("erid", "erids", "said"),
    [
        (None, ["2SDnjegvUsB"], []),
        ("2SDnjegvUsB", ["2SDnjegvUsB", "2SDnjegvUsC"], []),
        (None, ["2SDnjegvUsB", "2SDnjegvUsC"], [(0, IssueCode.SEVERAL_ERIDS, FormColumn.ERID)]),
        (None, [], [(0, IssueCode.MISSING, FormColumn.ERID)]),
        ("-кот", [], [(0, IssueCode.MALFORMED, FormColumn.ERID)]),
    ],
)
def test_an_erid_is_the_users_or_the_only_one_of_the_post(erid, erids, said):
    filled = form.fill(neutral.FORM, [line(erid=erid, erids=erids)], TODAY)
    assert codes(filled) == said
    assert len(filled.rows) == (0 if said else 1)


def test_where_the_register_knows_its_own_ids_no_erid_is_needed():
    assert form.fill(vk.FORM, [line(erid=None)], TODAY).issues == []
