"""The form on paper: the columns of the table that accountants keep for a register, one row for each erid and wall."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from control.reports.forms.columns import HEADINGS, FormColumn
from control.reports.forms.form import Form
from control.reports.forms.issues import IssueCode
from control.reports.forms.money import WITHOUT_VAT
from control.reports.forms.statistic import Statistic
from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.column import Kind, Value

NO_VAT: dict[Lang, str] = {"ru": "без НДС", "en": "without VAT"}
OTHER: dict[Lang, str] = {"ru": "иное", "en": "other"}

# A month that goes on is shown as of now: nobody sends this table to a register as it is.
FORM = Form(
    name="paper",
    title="",
    call="",
    wrap="rows",
    identity=(FormColumn.ERID, FormColumn.WALL),
    optional=(
        *(FormColumn.CREATIVE_NAME, FormColumn.PAID_SHOWS, FormColumn.PAY_TYPE, FormColumn.PRICE, FormColumn.AMOUNT),
        FormColumn.VAT_RATE,
    ),
    fields={},
    tolerates=frozenset({IssueCode.UNFINISHED}),
)


class PaperColumn(NamedTuple):
    heading: dict[Lang, str]
    meaning: dict[Lang, str]
    value: Callable[[Statistic, Lang, ZoneInfo], Value]
    kind: Kind = Kind.TEXT


def _day(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day, time(), zone).timestamp()


def _money(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _rate(row: Statistic, lang: Lang) -> Value:
    rate: str | None = row[FormColumn.VAT_RATE]
    return NO_VAT[lang] if rate == WITHOUT_VAT else rate


def _pay_type(row: Statistic, lang: Lang) -> Value:
    kind: str | None = row[FormColumn.PAY_TYPE]
    return OTHER[lang] if kind == "other" else kind and kind.upper()


COLUMNS = (
    PaperColumn(
        {"ru": "ERID (токен)", "en": "ERID (token)"},
        {"ru": "Токен из поста или из размещения.", "en": "The token of the post, or of the placement."},
        lambda row, _, __: row[FormColumn.ERID],
    ),
    PaperColumn(
        HEADINGS[FormColumn.CREATIVE_NAME],
        {"ru": "Из вашего столбца с таким названием.", "en": "From your column of this name."},
        lambda row, _, __: row[FormColumn.CREATIVE_NAME],
    ),
    PaperColumn(
        HEADINGS[FormColumn.WALL],
        {"ru": "Адрес стены, на которой стоит пост.", "en": "The address of the wall that shows the post."},
        lambda row, _, __: row[FormColumn.WALL],
    ),
    PaperColumn(
        {"ru": "Количество показов", "en": "Shows"},
        {"ru": "Просмотры за этот месяц, а не всего.", "en": "Views in this month, and not all together."},
        lambda row, _, __: row.shows,
        Kind.COUNT,
    ),
    PaperColumn(
        HEADINGS[FormColumn.PAID_SHOWS],
        {"ru": "Из вашего столбца, сумма по размещениям.", "en": "From your column, added up."},
        lambda row, _, __: row[FormColumn.PAID_SHOWS],
        Kind.COUNT,
    ),
    PaperColumn(
        {"ru": "Период с", "en": "From"},
        {"ru": "Первый день в этом месяце, когда пост был.", "en": "The first day of the month with the post there."},
        lambda row, _, zone: _day(row.first, zone),
        Kind.DAY,
    ),
    PaperColumn(
        {"ru": "Период по", "en": "To"},
        {"ru": "Последний такой день.", "en": "The last such day."},
        lambda row, _, zone: _day(row.last, zone),
        Kind.DAY,
    ),
    PaperColumn(
        HEADINGS[FormColumn.PAY_TYPE],
        {"ru": "CPM, CPC, CPA или иное: из вашего столбца.", "en": "CPM, CPC, CPA or other: from your column."},
        lambda row, lang, _: _pay_type(row, lang),
    ),
    PaperColumn(
        {"ru": "Стоимость одного события, ₽", "en": "Price of an event, ₽"},
        {"ru": "Из вашего столбца, с НДС.", "en": "From your column, with VAT."},
        lambda row, _, __: _money(row[FormColumn.PRICE]),
        Kind.PRICE,
    ),
    PaperColumn(
        {"ru": "Сумма (с НДС, если облагается), ₽", "en": "Amount (with VAT if there is any), ₽"},
        {"ru": "Из вашего столбца, сумма по размещениям.", "en": "From your column, added up."},
        lambda row, _, __: _money(row[FormColumn.AMOUNT]),
        Kind.MONEY,
    ),
    PaperColumn(
        HEADINGS[FormColumn.VAT_RATE],
        {"ru": "Из вашего столбца.", "en": "From your column."},
        lambda row, lang, _: _rate(row, lang),
    ),
)
