"""The fields of a campaign, as a form has them."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from control.accounts import choices
from control.batches.names import LONGEST, Name
from control.pages.forms import Form

FIELDS = ("name", "plan", "time_zone", "currency", "ends_on")
CURRENCY = "[A-Z]{3}"
NAME: TypeAdapter[str] = TypeAdapter(Name)


def read(form: Form) -> dict[str, Any]:
    """Return the campaign's columns but its plan. What cannot be read is noted in the form."""
    zone = _zone(form)
    return {
        "name": _name(form),
        "time_zone": zone.key,
        "currency": _currency(form),
        "ends_at": ends_at(form, zone),
    }


def ends_at(form: Form, zone: ZoneInfo) -> float | None:
    """Read the last day: it ends with the midnight after it."""
    if not (text := form["ends_on"].strip()):
        return None
    with suppress(ValueError, OverflowError):
        return (datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone) + timedelta(days=1)).timestamp()
    form.wrong("ends_on", "followed.refused.ends_on")
    return None


def last_day(ends_at: float | None, zone: ZoneInfo) -> str:
    """Return the last whole day before a moment, as the field has it."""
    return datetime.fromtimestamp(ends_at - 1, zone).strftime("%Y-%m-%d") if ends_at else ""


def _name(form: Form) -> str:
    name = form["name"].strip()
    with suppress(ValidationError):
        if name:
            return NAME.validate_python(name)
    form.wrong("name", "followed.refused.name", most=LONGEST)
    return ""


def _zone(form: Form) -> ZoneInfo:
    try:
        return choices.zone(form["time_zone"].strip())
    except ValueError:
        form.wrong("time_zone", "followed.refused.time_zone")
        return ZoneInfo("UTC")


def _currency(form: Form) -> str:
    currency = form["currency"].strip().upper()
    if not re.fullmatch(CURRENCY, currency):
        form.wrong("currency", "followed.refused.currency")
    return currency
