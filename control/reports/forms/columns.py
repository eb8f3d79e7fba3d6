"""The columns that advertising registers ask for, and the names by which users' own columns are recognised."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from crawler.platforms.advice import Lang


class FormColumn(StrEnum):
    """What a register may ask for. The last two are known from the post; all others are the user's to give."""

    CREATIVE = "creative_external_id"
    PAD = "pad_external_id"
    PAID_SHOWS = "paid_shows"
    AMOUNT = "amount"  # with VAT
    VAT_RATE = "vat_rate"
    PRICE = "price"  # of one event, with VAT
    PAY_TYPE = "pay_type"
    PLANNED_FROM = "planned_from"
    PLANNED_TO = "planned_to"
    CREATIVE_NAME = "creative_name"
    PAD_NAME = "platform_name"
    OWNED_BY_AGENCY = "owned_by_agency"
    SELF_PROMOTION = "self_promotion"
    ERID = "erid"
    WALL = "wall"


HEADINGS: dict[FormColumn, dict[Lang, str]] = {
    FormColumn.CREATIVE: {"ru": "ID креатива", "en": "Creative id"},
    FormColumn.PAD: {"ru": "ID площадки", "en": "Pad id"},
    FormColumn.PAID_SHOWS: {"ru": "Оплаченное кол-во показов", "en": "Paid shows"},
    FormColumn.AMOUNT: {"ru": "Сумма с НДС", "en": "Amount with VAT"},
    FormColumn.VAT_RATE: {"ru": "Ставка НДС, %", "en": "VAT rate, %"},
    FormColumn.PRICE: {"ru": "Стоимость одного события", "en": "Price of an event"},
    FormColumn.PAY_TYPE: {"ru": "Тип платного события", "en": "Pay type"},
    FormColumn.PLANNED_FROM: {"ru": "План с", "en": "Planned from"},
    FormColumn.PLANNED_TO: {"ru": "План по", "en": "Planned to"},
    FormColumn.CREATIVE_NAME: {"ru": "Название креатива", "en": "Creative name"},
    FormColumn.PAD_NAME: {"ru": "Название площадки", "en": "Platform name"},
    FormColumn.OWNED_BY_AGENCY: {"ru": "Площадка агентства", "en": "Owned by agency"},
    FormColumn.SELF_PROMOTION: {"ru": "Самореклама", "en": "Self-promotion"},
    FormColumn.ERID: {"ru": "erid", "en": "erid"},
    FormColumn.WALL: {"ru": "Площадка", "en": "Wall"},
}
OF_THE_POST = (FormColumn.ERID, FormColumn.WALL)
FURTHER: dict[FormColumn, Sequence[str]] = {
    FormColumn.CREATIVE: ("creative_id", "креатив в кабинете", "внешний id креатива", "внешний идентификатор креатива"),
    FormColumn.PAD: (
        "pad_id",
        "platform_id",
        "площадка в кабинете",
        "внешний id площадки",
        "внешний идентификатор площадки",
    ),
    FormColumn.PAID_SHOWS: (
        "оплаченное количество показов",
        "оплаченные показы",
        "показы по акту",
        "invoice_shows_count",
    ),
    FormColumn.AMOUNT: ("сумма (с ндс, если облагается)", "сумма с налогом", "including_vat"),
    FormColumn.VAT_RATE: ("ндс", "ставка ндс", "vat"),
    FormColumn.PRICE: ("amount_per_event", "цена события", "цена одного события"),
    FormColumn.PAY_TYPE: ("тип оплаты", "модель оплаты"),
    FormColumn.PLANNED_FROM: ("date_start_planned", "плановая дата начала"),
    FormColumn.PLANNED_TO: ("date_end_planned", "плановая дата конца"),
    FormColumn.CREATIVE_NAME: ("имя креатива",),
    FormColumn.PAD_NAME: ("имя площадки",),
    FormColumn.OWNED_BY_AGENCY: ("platform_owned_by_agency", "принадлежит агентству"),
    FormColumn.SELF_PROMOTION: ("саморекламный креатив",),
}
UNIT = re.compile(r"\s*[,(]\s*(?:₽|руб\.?|%)\s*\)?$")


def _plain(name: str) -> str:
    """Leave out what people write in another way each time: case, blanks, and a unit at the end."""
    words = " ".join(name.lower().replace("ё", "е").replace("_", " ").split())
    while (shorter := UNIT.sub("", words)) != words:
        words = shorter
    return words


KNOWN = {
    _plain(name): column
    for column in FormColumn
    if column not in OF_THE_POST
    for name in (column, *HEADINGS[column].values(), *FURTHER[column])
}


def recognise(own: Mapping[str, str]) -> dict[FormColumn, list[str]]:
    """Return what a placement's own columns give: the texts by column. There are several if several columns differ."""
    found: dict[FormColumn, list[str]] = {}
    for name, cell in own.items():
        column, text = KNOWN.get(_plain(name)), cell.strip()
        if column and text and text not in found.setdefault(column, []):
            found[column].append(text)
    return {column: texts for column, texts in found.items() if texts}
