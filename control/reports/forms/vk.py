"""VK ОРД, version 3: `POST /v3/statistics`, for statistics that belong to no act.

Its money may be left out; once there is some, amount, rate and price come together.
"""

from control.reports.forms import fields
from control.reports.forms.columns import Column
from control.reports.forms.form import Form

FORM = Form(
    name="vk",
    title="VK ОРД v3",
    call="POST https://api.ord.vk.com/v3/statistics",
    wrap="items",
    identity=(Column.CREATIVE, Column.PAD),
    together=(Column.AMOUNT, Column.VAT_RATE, Column.PRICE),
    optional=(
        *(Column.PAY_TYPE, Column.PAID_SHOWS, Column.PLANNED_FROM, Column.PLANNED_TO),
        Column.SELF_PROMOTION,
    ),
    zeroes=True,
    fields={
        "creative_external_id": fields.of(Column.CREATIVE),
        "pad_external_id": fields.of(Column.PAD),
        "shows_count": fields.shows,
        "invoice_shows_count": fields.of(Column.PAID_SHOWS),
        "amount": {
            "excluding_vat": fields.text("excluding"),
            "vat_rate": fields.of(Column.VAT_RATE),
            "vat": fields.text("vat"),
            "including_vat": fields.text("including"),
        },
        "amount_per_event": fields.price,
        "pay_type": fields.of(Column.PAY_TYPE),
        "date_start_planned": fields.planned_first,
        "date_end_planned": fields.planned_last,
        "date_start_actual": fields.first,
        "date_end_actual": fields.last,
    },
)
