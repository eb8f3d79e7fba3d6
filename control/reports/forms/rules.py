"""The rules that a row of a form has to keep, as a table: what breaks one, and which column it is about."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from control.reports.forms import money
from control.reports.forms.columns import FormColumn
from control.reports.forms.issues import IssueCode
from control.reports.forms.statistic import Statistic

EARLIEST = date(1991, 1, 1)
ERID = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{7,63}")
MOST_SHOWS = 2**63 - 1  # registers count in 64 bits
MOST_AMOUNT = Decimal(10) ** 10
MOST_PRICE = Decimal(10) ** 11
AMOUNT_DECIMALS = 5
PRICE_DECIMALS = {"cpm": 8}  # by pay type; 5 for others

Broken = Callable[[Statistic, date], bool]


class Rule(NamedTuple):
    """`broken` takes the row and today's date in UTC."""

    code: IssueCode
    column: FormColumn | None
    broken: Broken


def _one_month(first: date, last: date) -> bool:
    return EARLIEST <= first <= last and (first.year, first.month) == (last.year, last.month)


def _wrong_plan(row: Statistic, _: date) -> bool:
    planned = row[FormColumn.PLANNED_FROM] or row[FormColumn.PLANNED_TO]
    return planned is not None and not _one_month(row.planned_first, row.planned_last)


def _money(row: Statistic, column: FormColumn) -> Decimal | None:
    found: Decimal | None = row[column]
    return found


def _zero_and_positive(row: Statistic, _: date) -> bool:
    amount, price = _money(row, FormColumn.AMOUNT), _money(row, FormColumn.PRICE)
    return amount is not None and price is not None and (amount == 0) != (price == 0)


def _price_decimals(row: Statistic, _: date) -> bool:
    price = _money(row, FormColumn.PRICE)
    most = PRICE_DECIMALS.get(row[FormColumn.PAY_TYPE], AMOUNT_DECIMALS)
    return price is not None and money.decimals(price) > most


def _amount_decimals(row: Statistic, _: date) -> bool:
    amount = _money(row, FormColumn.AMOUNT)
    return amount is not None and money.decimals(amount) > AMOUNT_DECIMALS


def _promotion_with_money(row: Statistic, _: date) -> bool:
    return bool(row[FormColumn.SELF_PROMOTION] and (_money(row, FormColumn.AMOUNT) or _money(row, FormColumn.PRICE)))


def _beyond(column: FormColumn, most: Decimal) -> Broken:
    return lambda row, _: (_money(row, column) or 0) >= most


OF_PERIOD = (
    Rule(IssueCode.WRONG_PERIOD, None, lambda row, _: not _one_month(row.first, row.last)),
    Rule(IssueCode.ENDS_IN_FUTURE, None, lambda row, today: row.last > today),
)
OF_PLAN = (
    Rule(IssueCode.WRONG_PLAN, FormColumn.PLANNED_FROM, _wrong_plan),
    Rule(IssueCode.ENDS_IN_FUTURE, FormColumn.PLANNED_TO, lambda row, today: row.planned_last > max(today, row.last)),
)
OF_MONEY = (
    Rule(
        IssueCode.VAT_RATE_OF_OTHER_DATE,
        FormColumn.VAT_RATE,
        lambda row, _: row[FormColumn.VAT_RATE] is not None and not money.in_force(row[FormColumn.VAT_RATE], row.last),
    ),
    Rule(IssueCode.ZERO_AND_POSITIVE, FormColumn.PRICE, _zero_and_positive),
    Rule(IssueCode.TOO_MANY_DECIMALS, FormColumn.AMOUNT, _amount_decimals),
    Rule(IssueCode.TOO_MANY_DECIMALS, FormColumn.PRICE, _price_decimals),
    Rule(IssueCode.TOO_LARGE, FormColumn.AMOUNT, _beyond(FormColumn.AMOUNT, MOST_AMOUNT)),
    Rule(IssueCode.TOO_LARGE, FormColumn.PRICE, _beyond(FormColumn.PRICE, MOST_PRICE)),
)
OF_ERID = Rule(
    IssueCode.MALFORMED,
    FormColumn.ERID,
    lambda row, _: row[FormColumn.ERID] is not None and not ERID.fullmatch(row[FormColumn.ERID]),
)
OF_COUNTS = (
    Rule(IssueCode.TOO_LARGE, None, lambda row, _: row.shows > MOST_SHOWS),
    Rule(IssueCode.TOO_LARGE, FormColumn.PAID_SHOWS, lambda row, _: (row[FormColumn.PAID_SHOWS] or 0) > MOST_SHOWS),
)
PROMOTION = Rule(IssueCode.PROMOTION_WITH_MONEY, FormColumn.SELF_PROMOTION, _promotion_with_money)
ALL = (*OF_PERIOD, *OF_PLAN, *OF_COUNTS, *OF_MONEY, OF_ERID, PROMOTION)
