"""The sums over a table, and their texts."""

from collections import Counter
from dataclasses import dataclass

from crawler.platforms.advice import Lang, sentence
from crawler.spreadsheets.writing.card import Line
from crawler.spreadsheets.writing.column import Kind
from crawler.spreadsheets.writing.rows import Row, ratio

DONE, FAILED = "done", "failed"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file is about. Times are in seconds since 1970. `chosen` says which of the batch's links it has."""

    batch: str
    name: str
    created_at: float
    made_at: float
    zone: str
    chosen: str = ""


class Summary:
    """Counts rows as they pass. A post that several links name counts once, but its cost counts for each link."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.numbers: Counter[str] = Counter()
        self.rates: list[float] = []
        self.posts: set[str] = set()
        self.complete_views = self.complete_reactions = 0  # of posts whose reactions are known
        self.cost: float | None = None
        self.cost_of_measured: float | None = None
        self.first: float | None = None
        self.last: float | None = None
        self.duplicates = self.without_link = 0

    def add(self, row: Row) -> None:
        self.statuses[row.status] += 1
        self.duplicates += row.duplicate_of is not None
        if row.reason:
            self.reasons[row.reason] += 1
        if row.cost is not None:
            self.cost = (self.cost or 0.0) + row.cost
        if row.status == DONE:
            self._measured(row)

    def _measured(self, row: Row) -> None:
        if row.cost is not None:
            self.cost_of_measured = (self.cost_of_measured or 0.0) + row.cost
        if row.measured_at is not None:
            self.first = min(self.first or row.measured_at, row.measured_at)
            self.last = max(self.last or row.measured_at, row.measured_at)
        post = row.joint_post or row.post or row.link
        if post not in self.posts:
            self.posts.add(post)
            self._count(row)

    def _count(self, row: Row) -> None:
        for name in ("views", "likes", "comments", "reposts"):
            self.numbers[name] += getattr(row, name) or 0
        if row.views and row.reactions is not None:
            self.complete_views += row.views
            self.complete_reactions += row.reactions
            self.rates.append(row.reactions / row.views)

    def groups(self, facts: Facts, lang: Lang) -> list[tuple[str, list[Line]]]:
        """Return the lines in groups, each with its title."""
        ru = lang == "ru"
        return [
            ("О файле" if ru else "The file", self._of_the_file(facts, ru=ru)),
            ("Ссылки" if ru else "Links", self._of_links(ru=ru)),
            ("Числа" if ru else "Numbers", self._of_numbers(ru=ru)),
            ("Почему не получилось" if ru else "Why links failed", self._of_reasons(lang)),
        ]

    def _of_reasons(self, lang: Lang) -> list[Line]:
        return [(sentence(reason, lang), count, Kind.COUNT) for reason, count in self.reasons.most_common()]

    def _of_the_file(self, facts: Facts, *, ru: bool) -> list[Line]:
        everything = "все ссылки" if ru else "all links"
        return [
            ("Проверка" if ru else "Batch", facts.name or facts.batch, Kind.TEXT),
            ("Отправлена" if ru else "Sent", facts.created_at, Kind.MOMENT),
            ("Файл сделан" if ru else "File made", facts.made_at, Kind.MOMENT),
            ("Часовой пояс" if ru else "Time zone", facts.zone, Kind.TEXT),
            ("Отбор" if ru else "Chosen", facts.chosen or everything, Kind.TEXT),
        ]

    def _of_links(self, *, ru: bool) -> list[Line]:
        total = self.statuses.total()
        open_ = total - self.statuses[DONE] - self.statuses[FAILED]
        counts = [
            ("Ссылок" if ru else "Links", total),
            ("Готово" if ru else "Done", self.statuses[DONE]),
            ("Не получилось" if ru else "Failed", self.statuses[FAILED]),
            ("Ждут или проверяются" if ru else "Waiting or being read", open_),
            ("Повторы" if ru else "Duplicates", self.duplicates),
            ("Строк без ссылки" if ru else "Rows without a link", self.without_link),
            ("Разных постов с числом" if ru else "Different posts with a number", len(self.posts)),
        ]
        return [(label, count, Kind.COUNT) for label, count in counts]

    def _of_numbers(self, *, ru: bool) -> list[Line]:
        known = bool(self.posts)
        views = self.numbers["views"] if known else None
        cost = self.cost_of_measured
        of_posts = sum(self.rates) / len(self.rates) if self.rates else None
        names = {"views": "Просмотры", "likes": "Лайки", "comments": "Комментарии", "reposts": "Репосты"}
        sums = [
            (names[name] if ru else name.capitalize(), self.numbers[name] if known else None, Kind.COUNT)
            for name in names
        ]
        weighted = ratio(self.complete_reactions, self.complete_views)
        return [
            *sums,
            ("ER по просмотрам, взвешенный" if ru else "ER by views, weighted", weighted, Kind.SHARE),
            ("ER по просмотрам, среднее постов" if ru else "ER by views, mean of posts", of_posts, Kind.SHARE),
            ("Стоимость всех строк" if ru else "Cost of all rows", self.cost, Kind.MONEY),
            ("Стоимость измеренных" if ru else "Cost of those measured", cost, Kind.MONEY),
            ("CPV", ratio(cost, views), Kind.PRICE),
            ("CPM", ratio(None if cost is None else cost * 1000, views), Kind.MONEY),
            ("Измерено с" if ru else "Measured from", self.first, Kind.MOMENT),
            ("Измерено по" if ru else "Measured to", self.last, Kind.MOMENT),
        ]
