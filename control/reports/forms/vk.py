"""VK ОРД, version 3: `POST /v3/statistics`, for statistics that belong to no act.

Its money may be left out; once there is some, amount, rate and price come together.
"""

from control.reports.forms import fields
from control.reports.forms.columns import FormColumn
from control.reports.forms.form import Form

FORM = Form(
    name="vk",
    title="VK ОРД v3",
    call="POST https://api.ord.vk.com/v3/statistics",
    wrap="items",
    identity=(FormColumn.CREATIVE, FormColumn.PAD),
    together=(FormColumn.AMOUNT, FormColumn.VAT_RATE, FormColumn.PRICE),
    optional=(
        *(FormColumn.PAY_TYPE, FormColumn.PAID_SHOWS, FormColumn.PLANNED_FROM, FormColumn.PLANNED_TO),
        FormColumn.SELF_PROMOTION,
    ),
    zeroes=True,
    fields={
        "creative_external_id": fields.of(FormColumn.CREATIVE),
        "pad_external_id": fields.of(FormColumn.PAD),
        "shows_count": fields.shows,
        "invoice_shows_count": fields.of(FormColumn.PAID_SHOWS),
        "amount": {
            "excluding_vat": fields.text("excluding"),
            "vat_rate": fields.of(FormColumn.VAT_RATE),
            "vat": fields.text("vat"),
            "including_vat": fields.text("including"),
        },
        "amount_per_event": fields.price,
        "pay_type": fields.of(FormColumn.PAY_TYPE),
        "date_start_planned": fields.planned_first,
        "date_end_planned": fields.planned_last,
        "date_start_actual": fields.first,
        "date_end_actual": fields.last,
    },
)
