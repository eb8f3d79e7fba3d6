"""Recognises columns by the names that people give them in sheets of placements."""

import re
from collections.abc import Sequence

from crawler.spreadsheets.reading.formulas import column_letters

LINK = "link"
LONGEST_NAME = 200  # characters
SYNONYMS: dict[str, tuple[str, ...]] = {
    LINK: (
        *("ссылка", "ссылки", "ссылка на пост", "ссылка на публикацию", "ссылка на размещение", "пост", "публикация"),
        *("url", "url поста", "адрес поста", "link", "links", "post", "post url", "post link", "link to post"),
    ),
    "blogger": (
        *("блогер", "блоггер", "имя блогера", "ник", "исполнитель", "автор"),
        *("blogger", "author", "influencer"),
    ),
    "channel": (
        *("канал", "площадка", "сообщество", "группа", "паблик", "ссылка на канал", "название площадки"),
        *("url площадки", "channel", "community"),
    ),
    "date": (
        *("дата", "дата выхода", "дата публикации", "дата размещения", "дата показов", "дата поста"),
        *("дата выхода поста", "date", "post date"),
        *("published", "publication date"),
    ),
    "month": ("месяц", "month"),
    "cost": (
        *("стоимость", "стоимость размещения", "стоимость поста", "цена", "цена с налогом", "цена размещения"),
        *("цена за пост", "сумма", "сумма платежа", "бюджет", "расход", "расходы"),
        *("cost", "price", "budget", "spend", "cost per post"),
    ),
    "erid": ("erid", "erid (токен)", "токен", "mark", "маркировка", "идентификатор рекламы"),
    "baseline": (
        *("отчитано", "отчитано ранее", "ранее отчитано", "уже отчитано", "учтено ранее", "ранее учтено"),
        *("просмотры на начало", "просмотры на начало месяца", "просмотры на начало периода", "показы на начало"),
        *("baseline", "reported before", "already reported", "views at start"),
    ),
    "creative": ("креатив", "creative"),
    "views": ("просмотры", "просмотров", "показы", "views"),
    "reach": ("охват", "охваты", "reach"),
    "likes": ("лайки", "лайков", "likes"),
    "comments": ("комментарии", "комментариев", "comments"),
    "reposts": ("репосты", "репостов", "reposts", "shares"),
    "followers": ("подписчики", "подписчиков", "followers", "subscribers"),
    "er": ("er", "er view", "erv"),
    "cpv": ("cpv",),
    "cpm": ("cpm",),
    "manager": ("менеджер", "manager"),
    "network": ("соцсеть", "социальная сеть", "платформа", "network", "platform"),
    "contractor": ("к/а", "контрагент", "contractor"),
    "contract": ("договор", "contract"),
    "invoice": ("счет", "чеки/акты", "чек", "акт", "invoice"),
    "payment": ("статус оплаты", "оплата", "payment"),
    "marking": ("в орд",),
    "check": ("проверка",),
    "error": ("ошибка",),
    "note": ("комментарий", "примечание", "заметка", "note", "comment"),
}
ROLES = {name: role for role, names in SYNONYMS.items() for name in names}
UNIT = re.compile(
    r"\s*(?:[,(]\s*)?(?:₽|руб(?:\.|лей|ли)?|р\.|\brub|\busd|\$|€|шт\.?|%|\b(?:с|без|включая)\s+ндс)\s*\)?$"
)


def role(name: str) -> str | None:
    """Return what a column of this name holds: `cost` for `Цена, руб.`"""
    if len(name) > LONGEST_NAME:
        return None
    plain = " ".join(name.lower().replace("ё", "е").split()).strip(" :.*№")
    without_unit = UNIT.sub("", plain)
    return ROLES.get(plain) or ROLES.get(without_unit) or ROLES.get(UNIT.sub("", without_unit))


def recognised(row: Sequence[str]) -> int:
    """Count the names in a row that we know."""
    return sum(role(cell) is not None for cell in row)


def named(header: Sequence[str], width: int) -> list[str]:
    """Give each column another name. One without a name gets its letter, and the second of two equal ones `…_2`."""
    names: list[str] = []
    taken: set[str] = set()
    for number in range(width):
        given = " ".join(header[number].split())[:LONGEST_NAME] if number < len(header) else ""
        name, count = given or column_letters(number), 1
        while name in taken:
            count += 1
            name = f"{given or column_letters(number)}_{count}"
        taken.add(name)
        names.append(name)
    return names
