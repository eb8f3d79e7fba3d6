"""What the fields of forms say of a row: its amount, price, days and shows."""

from decimal import Decimal

from control.reports.forms.columns import FormColumn
from control.reports.forms.form import Getter
from control.reports.forms.money import Amount, plain, split
from control.reports.forms.statistic import Statistic


def _amount(row: Statistic) -> Amount | None:
    amount = row[FormColumn.AMOUNT]
    return None if amount is None else split(amount, row[FormColumn.VAT_RATE])


def text(part: str) -> Getter:
    """Write a part of the amount as a text, because a number of JSON may lose its last digits."""

    def get(row: Statistic) -> str | None:
        amount = _amount(row)
        return None if amount is None else plain(getattr(amount, part))

    return get


def number(part: str) -> Getter:
    def get(row: Statistic) -> float | None:
        amount = _amount(row)
        return None if amount is None else float(getattr(amount, part))

    return get


def price(row: Statistic) -> str | None:
    found: Decimal | None = row[FormColumn.PRICE]
    return None if found is None else plain(found)


def first(row: Statistic) -> str:
    return row.first.isoformat()


def last(row: Statistic) -> str:
    return row.last.isoformat()


def planned_first(row: Statistic) -> str:
    return row.planned_first.isoformat()


def planned_last(row: Statistic) -> str:
    return row.planned_last.isoformat()


def shows(row: Statistic) -> int:
    return row.shows


def of(column: FormColumn) -> Getter:
    """Write what the column gives, as it is."""
    return lambda row: row[column]
