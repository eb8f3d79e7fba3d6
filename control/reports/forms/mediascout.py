"""МедиаСкаут, version 3.1: `POST /webapi/v3.1/statistics`, for statistics without an act. It takes the erid and the
wall's address themselves, and no ids of a cabinet.
"""

from control.reports.forms import fields
from control.reports.forms.columns import FormColumn
from control.reports.forms.form import Form
from control.reports.forms.issues import IssueCode
from control.reports.forms.money import WITHOUT_VAT
from control.reports.forms.rules import Rule
from control.reports.forms.statistic import Statistic

PAY_TYPES = {"cpm": "CPM", "cpc": "CPC", "cpa": "CPA", "other": "Other"}


def _pay_type(row: Statistic) -> str:
    return PAY_TYPES[row[FormColumn.PAY_TYPE]]


def _rate(row: Statistic) -> float:
    return float(row[FormColumn.VAT_RATE])


def _price(row: Statistic) -> float:
    return float(row[FormColumn.PRICE])


FORM = Form(
    name="mediascout",
    title="МедиаСкаут v3.1",
    call="POST /webapi/v3.1/statistics",
    wrap="Statistics",
    identity=(FormColumn.ERID, FormColumn.WALL),
    required=(
        *(FormColumn.PAD_NAME, FormColumn.OWNED_BY_AGENCY, FormColumn.PAID_SHOWS),
        *(FormColumn.AMOUNT, FormColumn.VAT_RATE, FormColumn.PRICE, FormColumn.PAY_TYPE),
    ),
    optional=(FormColumn.PLANNED_FROM, FormColumn.PLANNED_TO, FormColumn.SELF_PROMOTION),
    # The rate is a number there, and nothing public says which one stands for an amount without VAT.
    rules=(Rule(IssueCode.VAT_NOT_KNOWN, FormColumn.VAT_RATE, lambda row, _: row[FormColumn.VAT_RATE] == WITHOUT_VAT),),
    fields={
        "Erid": fields.of(FormColumn.ERID),
        "PlatformUrl": fields.of(FormColumn.WALL),
        "PlatformName": fields.of(FormColumn.PAD_NAME),
        "PlatformType": lambda _: "Site",
        "PlatformOwnedByAgency": fields.of(FormColumn.OWNED_BY_AGENCY),
        "Type": _pay_type,
        "ImpsPlan": fields.of(FormColumn.PAID_SHOWS),
        "ImpsFact": fields.shows,
        "StartDatePlan": fields.planned_first,
        "StartDateFact": fields.first,
        "EndDatePlan": fields.planned_last,
        "EndDateFact": fields.last,
        "Amount": {
            "AmountExcludingVat": fields.number("excluding"),
            "VatRate": _rate,
            "Vat": fields.number("vat"),
            "AmountIncludingVat": fields.number("including"),
        },
        "Price": _price,
    },
)
