"""Яндекс ОРД, version 8: `POST /api/v8/statistics`. It has no open description; the fields are those that public
programs send.
"""

from control.reports.forms import fields
from control.reports.forms.columns import FormColumn
from control.reports.forms.form import Form
from control.reports.forms.money import WITHOUT_VAT
from control.reports.forms.statistic import Statistic

RATES = {WITHOUT_VAT: "100"}  # its word for an amount that has no VAT; other rates are their numbers


def _rate(row: Statistic) -> str:
    rate: str = row[FormColumn.VAT_RATE]
    return RATES.get(rate, rate)


FORM = Form(
    name="yandex",
    title="Яндекс ОРД v8",
    call="POST https://ord.yandex.net/api/v8/statistics",
    wrap="statistics",
    identity=(FormColumn.CREATIVE, FormColumn.PAD),
    required=(FormColumn.PAID_SHOWS, FormColumn.AMOUNT, FormColumn.VAT_RATE, FormColumn.PRICE, FormColumn.PAY_TYPE),
    optional=(FormColumn.PLANNED_FROM, FormColumn.PLANNED_TO, FormColumn.SELF_PROMOTION),
    fields={
        "creativeId": fields.of(FormColumn.CREATIVE),
        "platformId": fields.of(FormColumn.PAD),
        "impsFact": fields.shows,
        "impsPlan": fields.of(FormColumn.PAID_SHOWS),
        "dateStartFact": fields.first,
        "dateEndFact": fields.last,
        "dateStartPlan": fields.planned_first,
        "dateEndPlan": fields.planned_last,
        "type": fields.of(FormColumn.PAY_TYPE),
        "amountPerUnit": fields.price,
        "amount": {
            "excludingVat": fields.text("excluding"),
            "vatRate": _rate,
            "vat": fields.text("vat"),
            "includingVat": fields.text("including"),
        },
    },
)
