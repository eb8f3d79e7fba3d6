"""Lines of October 2026 for the tests of forms."""

from datetime import date

from control.reports.forms.line import Line

TODAY = date(2026, 11, 2)
OURS = {"ID креатива": "creative-1", "ID площадки": "pad-1"}
MONEY = {
    "Сумма с НДС, ₽": "1220",
    "Ставка НДС, %": "22",
    "Стоимость одного события": "2,44",
    "Тип платного события": "cpm",
}
SCOUT = {"Название площадки": "Котики", "Площадка агентства": "нет"}
PAID = {"Оплаченное кол-во показов": "500"}
ALL = OURS | MONEY | PAID | SCOUT


def line(position=0, **changed):
    usual = {
        "post": f"vk:wall-1_{position + 1}",
        "wall": "https://vk.com/club1",
        "shows": 501,
        "first": date(2026, 10, 5),
        "last": date(2026, 10, 31),
        "erid": "2SDnjegvUsB",
        "own": ALL,
    }
    return Line(position, **usual | changed)


def own(**changed):
    """Everything that may be asked for, but for these; None takes a column away."""
    names = {"amount": "Сумма с НДС, ₽", "rate": "Ставка НДС, %", "price": "Стоимость одного события"}
    names |= {"pay_type": "Тип платного события", "creative": "ID креатива", "pad": "ID площадки"}
    names |= {"paid": "Оплаченное кол-во показов", "name": "Название площадки", "agency": "Площадка агентства"}
    given = ALL | {names.get(name, name): text for name, text in changed.items()}
    return {name: text for name, text in given.items() if text is not None}


def codes(filled):
    """What is said of each placement, by its position."""
    return [(issue.position, issue.code, issue.column) for issue in filled.issues]
