"""The columns that advertising registers ask for, and the names by which users' own columns are recognised."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from crawler.platforms.advice import Lang


class Column(StrEnum):
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


HEADINGS: dict[Column, dict[Lang, str]] = {
    Column.CREATIVE: {"ru": "ID креатива", "en": "Creative id"},
    Column.PAD: {"ru": "ID площадки", "en": "Pad id"},
    Column.PAID_SHOWS: {"ru": "Оплаченное кол-во показов", "en": "Paid shows"},
    Column.AMOUNT: {"ru": "Сумма с НДС", "en": "Amount with VAT"},
    Column.VAT_RATE: {"ru": "Ставка НДС, %", "en": "VAT rate, %"},
    Column.PRICE: {"ru": "Стоимость одного события", "en": "Price of an event"},
    Column.PAY_TYPE: {"ru": "Тип платного события", "en": "Pay type"},
    Column.PLANNED_FROM: {"ru": "План с", "en": "Planned from"},
    Column.PLANNED_TO: {"ru": "План по", "en": "Planned to"},
    Column.CREATIVE_NAME: {"ru": "Название креатива", "en": "Creative name"},
    Column.PAD_NAME: {"ru": "Название площадки", "en": "Platform name"},
    Column.OWNED_BY_AGENCY: {"ru": "Площадка агентства", "en": "Owned by agency"},
    Column.SELF_PROMOTION: {"ru": "Самореклама", "en": "Self-promotion"},
    Column.ERID: {"ru": "erid", "en": "erid"},
    Column.WALL: {"ru": "Площадка", "en": "Wall"},
}
OF_THE_POST = (Column.ERID, Column.WALL)
FURTHER: dict[Column, Sequence[str]] = {
    Column.CREATIVE: ("creative_id", "креатив в кабинете", "внешний id креатива", "внешний идентификатор креатива"),
    Column.PAD: (
        "pad_id",
        "platform_id",
        "площадка в кабинете",
        "внешний id площадки",
        "внешний идентификатор площадки",
    ),
    Column.PAID_SHOWS: ("оплаченное количество показов", "оплаченные показы", "показы по акту", "invoice_shows_count"),
    Column.AMOUNT: ("сумма (с ндс, если облагается)", "сумма с налогом", "including_vat"),
    Column.VAT_RATE: ("ндс", "ставка ндс", "vat"),
    Column.PRICE: ("amount_per_event", "цена события", "цена одного события"),
    Column.PAY_TYPE: ("тип оплаты", "модель оплаты"),
    Column.PLANNED_FROM: ("date_start_planned", "плановая дата начала"),
    Column.PLANNED_TO: ("date_end_planned", "плановая дата конца"),
    Column.CREATIVE_NAME: ("имя креатива",),
    Column.PAD_NAME: ("имя площадки",),
    Column.OWNED_BY_AGENCY: ("platform_owned_by_agency", "принадлежит агентству"),
    Column.SELF_PROMOTION: ("саморекламный креатив",),
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
    for column in Column
    if column not in OF_THE_POST
    for name in (column, *HEADINGS[column].values(), *FURTHER[column])
}


def recognise(own: Mapping[str, str]) -> dict[Column, list[str]]:
    """Return what a placement's own columns give: the texts by column. There are several if several columns differ."""
    found: dict[Column, list[str]] = {}
    for name, cell in own.items():
        column, text = KNOWN.get(_plain(name)), cell.strip()
        if column and text and text not in found.setdefault(column, []):
            found[column].append(text)
    return {column: texts for column, texts in found.items() if texts}
