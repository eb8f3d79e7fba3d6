"""A row as each register wants it, to the letter."""

import pytest

from control.reports.forms import form
from control.reports.forms.columns import FormColumn
from control.reports.forms.issues import IssueCode
from control.reports.forms.known import FORMS
from tests.control.reports.forms.lines import OURS, TODAY, codes, line, own

ROWS = {
    "neutral": {
        "erid": "2SDnjegvUsB",
        "wall": "https://vk.com/club1",
        "shows": 501,
        "from": "2026-10-05",
        "to": "2026-10-31",
    },
    "vk": {
        "creative_external_id": "creative-1",
        "pad_external_id": "pad-1",
        "shows_count": 501,
        "invoice_shows_count": 500,
        "amount": {"excluding_vat": "1000", "vat_rate": "22", "vat": "220", "including_vat": "1220"},
        "amount_per_event": "2.44",
        "pay_type": "cpm",
        "date_start_planned": "2026-10-05",
        "date_end_planned": "2026-10-31",
        "date_start_actual": "2026-10-05",
        "date_end_actual": "2026-10-31",
    },
    "yandex": {
        "creativeId": "creative-1",
        "platformId": "pad-1",
        "impsFact": 501,
        "impsPlan": 500,
        "dateStartFact": "2026-10-05",
        "dateEndFact": "2026-10-31",
        "dateStartPlan": "2026-10-05",
        "dateEndPlan": "2026-10-31",
        "type": "cpm",
        "amountPerUnit": "2.44",
        "amount": {"excludingVat": "1000", "vatRate": "22", "vat": "220", "includingVat": "1220"},
    },
    "mediascout": {
        "Erid": "2SDnjegvUsB",
        "PlatformUrl": "https://vk.com/club1",
        "PlatformName": "Котики",
        "PlatformType": "Site",
        "PlatformOwnedByAgency": False,
        "Type": "CPM",
        "ImpsPlan": 500,
        "ImpsFact": 501,
        "StartDatePlan": "2026-10-05",
        "StartDateFact": "2026-10-05",
        "EndDatePlan": "2026-10-31",
        "EndDateFact": "2026-10-31",
        "Amount": {"AmountExcludingVat": 1000.0, "VatRate": 22.0, "Vat": 220.0, "AmountIncludingVat": 1220.0},
        "Price": 2.44,
    },
    "ozon": {
        "externalStatisticId": "creative-1__pad-1__2026-10-01",
        "externalCreativeId": "creative-1",
        "externalPlatformId": "pad-1",
        "dateStartFact": "2026-10-05",
        "dateEndFact": "2026-10-31",
        "dateStartPlan": "2026-10-05",
        "dateEndPlan": "2026-10-31",
        "viewsCountByFact": "501",
        "viewsCountByInvoice": "500",
        "moneySpent": "1220",
        "unitCost": "2.44",
        "withNds": True,
    },
}


def filled(name, **own_columns):
    return form.fill(FORMS[name], [line(own=own(**own_columns))], TODAY)


@pytest.mark.parametrize("name", FORMS)
def test_a_row(name):
    assert filled(name).rows == [ROWS[name]]


def test_vk_takes_a_row_without_money():
    (row,) = form.fill(FORMS["vk"], [line(own=OURS)], TODAY).rows
    dates = {f"date_{end}_{kind}" for end in ("start", "end") for kind in ("actual", "planned")}
    assert set(row) == {"creative_external_id", "pad_external_id", "shows_count", *dates}


def test_vk_wants_zeroes_for_self_promotion():
    given = own(self_promotion="да", amount=None, price=None, rate=None)
    (row,) = form.fill(FORMS["vk"], [line(own=given)], TODAY).rows
    nothing = {"excluding_vat": "0", "vat_rate": "without_vat", "vat": "0", "including_vat": "0"}
    assert [row[name] for name in ("shows_count", "invoice_shows_count", "amount", "amount_per_event")] == [
        0,
        0,
        nothing,
        "0",
    ]


PLANNED = {
    "vk": ("date_start_planned", "date_end_planned"),
    "yandex": ("dateStartPlan", "dateEndPlan"),
    "mediascout": ("StartDatePlan", "EndDatePlan"),
    "ozon": ("dateStartPlan", "dateEndPlan"),
}


@pytest.mark.parametrize(("name", "fields"), PLANNED.items())
def test_planned_days_are_the_users_where_there_are_some(name, fields):
    (row,) = filled(name, planned_from="01.10.2026", planned_to="2026-10-30").rows
    assert [row[field] for field in fields] == ["2026-10-01", "2026-10-30"]


def test_without_vat_each_register_has_its_own_word():
    (vk,), (yandex,), (ozon,) = (filled(name, rate="без НДС").rows for name in ("vk", "yandex", "ozon"))
    assert vk["amount"] == {
        "excluding_vat": "1220",
        "vat_rate": "without_vat",
        "vat": "0",
        "including_vat": "1220",
    }
    assert (yandex["amount"]["vatRate"], ozon["withNds"]) == ("100", False)


def test_what_mediascout_calls_an_amount_without_vat_is_not_guessed():
    found = filled("mediascout", rate="без НДС")
    assert (found.rows, codes(found)) == ([], [(0, IssueCode.VAT_NOT_KNOWN, FormColumn.VAT_RATE)])
