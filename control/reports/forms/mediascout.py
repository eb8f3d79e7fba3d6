"""МедиаСкаут, version 3.1: `POST /webapi/v3.1/statistics`, for statistics without an act. It takes the erid and the
wall's address themselves, and no ids of a cabinet.
"""

from control.reports.forms import fields
from control.reports.forms.columns import Column
from control.reports.forms.form import Form
from control.reports.forms.issues import IssueCode
from control.reports.forms.money import WITHOUT_VAT
from control.reports.forms.rules import Rule
from control.reports.forms.statistic import Statistic

PAY_TYPES = {"cpm": "CPM", "cpc": "CPC", "cpa": "CPA", "other": "Other"}


def _pay_type(row: Statistic) -> str:
    return PAY_TYPES[row[Column.PAY_TYPE]]


def _rate(row: Statistic) -> float:
    return float(row[Column.VAT_RATE])


def _price(row: Statistic) -> float:
    return float(row[Column.PRICE])


FORM = Form(
    name="mediascout",
    title="МедиаСкаут v3.1",
    call="POST /webapi/v3.1/statistics",
    wrap="Statistics",
    identity=(Column.ERID, Column.WALL),
    required=(
        *(Column.PAD_NAME, Column.OWNED_BY_AGENCY, Column.PAID_SHOWS),
        *(Column.AMOUNT, Column.VAT_RATE, Column.PRICE, Column.PAY_TYPE),
    ),
    optional=(Column.PLANNED_FROM, Column.PLANNED_TO, Column.SELF_PROMOTION),
    # The rate is a number there, and nothing public says which one stands for an amount without VAT.
    rules=(Rule(IssueCode.VAT_NOT_KNOWN, Column.VAT_RATE, lambda row, _: row[Column.VAT_RATE] == WITHOUT_VAT),),
    fields={
        "Erid": fields.of(Column.ERID),
        "PlatformUrl": fields.of(Column.WALL),
        "PlatformName": fields.of(Column.PAD_NAME),
        "PlatformType": lambda _: "Site",
        "PlatformOwnedByAgency": fields.of(Column.OWNED_BY_AGENCY),
        "Type": _pay_type,
        "ImpsPlan": fields.of(Column.PAID_SHOWS),
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
