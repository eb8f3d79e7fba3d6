"""The neutral table: what every register asks for, and nothing that only the user can know."""

from control.reports.forms import fields
from control.reports.forms.columns import FormColumn
from control.reports.forms.form import Form

FORM = Form(
    name="neutral",
    title="",
    call="",
    wrap="rows",
    identity=(FormColumn.ERID, FormColumn.WALL),
    fields={
        "erid": fields.of(FormColumn.ERID),
        "wall": fields.of(FormColumn.WALL),
        "shows": fields.shows,
        "from": fields.first,
        "to": fields.last,
    },
    headings={
        "ru": {"erid": "erid", "wall": "Площадка", "shows": "Показы", "from": "Период с", "to": "Период по"},
        "en": {"erid": "erid", "wall": "Wall", "shows": "Shows", "from": "From", "to": "To"},
    },
)
