"""Ozon ОРД, version 2: `POST /api/external/v2/statistic`. Its counts and amounts are texts."""

from control.reports.forms import fields
from control.reports.forms.columns import FormColumn
from control.reports.forms.form import Form
from control.reports.forms.money import WITHOUT_VAT
from control.reports.forms.statistic import Statistic


def _id(row: Statistic) -> str:
    """Name the row by what it is known by, so that a second time it is the same row."""
    return f"{row[FormColumn.CREATIVE]}__{row[FormColumn.PAD]}__{row.month.isoformat()}"


def _shows(row: Statistic) -> str:
    return str(row.shows)


def _paid_shows(row: Statistic) -> str:
    return str(row[FormColumn.PAID_SHOWS])


def _has_vat(row: Statistic) -> bool:
    return bool(row[FormColumn.VAT_RATE] != WITHOUT_VAT)


FORM = Form(
    name="ozon",
    title="Ozon ОРД v2",
    call="POST /api/external/v2/statistic",
    wrap="statistics",
    identity=(FormColumn.CREATIVE, FormColumn.PAD),
    required=(FormColumn.PAID_SHOWS, FormColumn.AMOUNT, FormColumn.VAT_RATE, FormColumn.PRICE),
    optional=(FormColumn.PLANNED_FROM, FormColumn.PLANNED_TO, FormColumn.SELF_PROMOTION),
    fields={
        "externalStatisticId": _id,
        "externalCreativeId": fields.of(FormColumn.CREATIVE),
        "externalPlatformId": fields.of(FormColumn.PAD),
        "dateStartFact": fields.first,
        "dateEndFact": fields.last,
        "dateStartPlan": fields.planned_first,
        "dateEndPlan": fields.planned_last,
        "viewsCountByFact": _shows,
        "viewsCountByInvoice": _paid_shows,
        "moneySpent": fields.text("including"),
        "unitCost": fields.price,
        "withNds": _has_vat,
    },
)
