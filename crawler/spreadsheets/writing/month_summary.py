"""The sums over a campaign's month, and their texts."""

from collections import Counter
from dataclasses import dataclass

from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.card import Line
from crawler.spreadsheets.writing.column import Kind
from crawler.spreadsheets.writing.post_columns import BASES
from crawler.spreadsheets.writing.rows import Row, ratio
from crawler.spreadsheets.writing.summary import Facts, Summary


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """What a file of a month is about. `closed_at` is None while it is not closed. A post's views count once in
    `views`, which lie between `low` and `high`, and `unmeasured` posts have none.
    """

    campaign: str
    month: str
    zone: str
    currency: str
    made_at: float
    closed_at: float | None
    goes_on: bool
    posts: int
    unmeasured: int
    views: int
    low: int
    high: int | None
    cost: float | None


class MonthSummary(Summary):
    """Counts rows as they pass: what they rest on in the month, and what was measured last."""

    def __init__(self) -> None:
        super().__init__()
        self.bases: Counter[str] = Counter()

    def add(self, row: Row) -> None:
        super().add(row)
        if row.month:
            self.bases[row.month.basis] += 1

    def groups_of_month(self, facts: MonthFacts, lang: Lang) -> list[tuple[str, list[Line]]]:
        """Return the lines in groups, each with its title."""
        ru = lang == "ru"
        usual = self.groups(Facts("", facts.campaign, 0.0, facts.made_at, facts.zone), lang)
        return [
            ("О файле" if ru else "The file", _of_the_file(facts, ru=ru)),
            ("За месяц" if ru else "In the month", _of_the_month(facts, ru=ru)),
            ("На чём основаны размещения" if ru else "What placements rest on", self._of_bases(lang)),
            ("По последним измерениям" if ru else "By the last readings", usual[2][1]),
            usual[3],
        ]

    def _of_bases(self, lang: Lang) -> list[Line]:
        return [(word, self.bases[basis], Kind.COUNT) for basis, word in BASES[lang].items() if self.bases[basis]]


def _of_the_file(facts: MonthFacts, *, ru: bool) -> list[Line]:
    return [
        ("Кампания" if ru else "Campaign", facts.campaign, Kind.TEXT),
        ("Месяц" if ru else "Month", facts.month, Kind.TEXT),
        ("Часовой пояс" if ru else "Time zone", facts.zone, Kind.TEXT),
        ("Состояние" if ru else "State", _state(facts, ru=ru), Kind.TEXT),
        ("Закрыт" if ru else "Closed", facts.closed_at, Kind.MOMENT),
        ("Файл сделан" if ru else "File made", facts.made_at, Kind.MOMENT),
    ]


def _state(facts: MonthFacts, *, ru: bool) -> str:
    if facts.closed_at is not None:
        return "закрыт: числа не меняются" if ru else "closed: its numbers never change"
    if facts.goes_on:
        return "ещё идёт: числа на сейчас" if ru else "it goes on: as of now"
    return "не закрыт: числа могут уточниться" if ru else "not closed: numbers may become more exact"


def _of_the_month(facts: MonthFacts, *, ru: bool) -> list[Line]:
    views = facts.views if facts.posts > facts.unmeasured else None
    per_thousand = None if facts.cost is None else facts.cost * 1000
    money = f", {facts.currency}"
    return [
        ("Разных постов" if ru else "Different posts", facts.posts, Kind.COUNT),
        ("Из них без числа" if ru else "Of these without a number", facts.unmeasured, Kind.COUNT),
        ("Просмотры за месяц" if ru else "Views in the month", views, Kind.COUNT),
        ("Не меньше" if ru else "At least", None if views is None else facts.low, Kind.COUNT),
        ("Не больше" if ru else "At most", None if views is None else facts.high, Kind.COUNT),
        (("Стоимость размещений" if ru else "Cost of placements") + money, facts.cost, Kind.MONEY),
        (
            ("Стоимость / просмотры за месяц" if ru else "Cost / views in the month") + money,
            ratio(facts.cost, views),
            Kind.PRICE,
        ),
        (("То же за тысячу" if ru else "The same of a thousand") + money, ratio(per_thousand, views), Kind.MONEY),
    ]
