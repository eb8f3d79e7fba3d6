"""The report on a campaign's month: an XLSX file with several sheets."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, NamedTuple, Self
from zoneinfo import ZoneInfo

from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.card import Card
from crawler.spreadsheets.writing.column import Column, Kind, Value
from crawler.spreadsheets.writing.columns import COLUMNS, OF_COST, OF_POSTS
from crawler.spreadsheets.writing.dynamics import Dynamics, Series
from crawler.spreadsheets.writing.month_columns import MONTH_COLUMNS
from crawler.spreadsheets.writing.month_summary import MonthFacts, MonthSummary
from crawler.spreadsheets.writing.post_columns import of_age
from crawler.spreadsheets.writing.report import MEANING_WIDTHS, SENTENCE_WIDTH, SUMMARY_WIDTHS, TITLES
from crawler.spreadsheets.writing.rows import Row
from crawler.spreadsheets.writing.workbook import Book, Table

NAMES: dict[Lang, tuple[str, ...]] = {
    "ru": ("Сводка", "Посты", "Месяц", "Ошибки", "Пояснения"),
    "en": ("Summary", "Posts", "Month", "Errors", "Explanations"),
}
OF_ERRORS: dict[Lang, tuple[str, ...]] = {
    "ru": ("№", "Ссылка", "Что это", "Почему"),
    "en": ("#", "Link", "What", "Why"),
}
SORTS: dict[Lang, dict[bool, str]] = {"ru": {True: "ошибка", False: "замечание"}, "en": {True: "error", False: "note"}}
OF_THE_POST = ("views", "likes", "comments", "reposts", "measured_at")
AFTER_AGES = ("er_views", *OF_COST, "state", "why", "post", *OF_POSTS)
NOTES: dict[Lang, tuple[tuple[str, str], ...]] = {
    "ru": (
        (
            "Месяц",
            "Строка на erid и стену: размещения сложены, просмотры поста посчитаны раз. Деньги из ваших столбцов.",
        ),
        ("Совместный пост", "Счётчик один на все его стены: в строке каждой стены он весь, в сводке один раз."),
        ("Ошибки", "Ошибка: размещения нет на листе «Месяц». Замечание: оно есть, но о числе надо знать."),
        (
            "Сводка",
            "Суммы считают каждый пост один раз, сколько бы размещений его ни называло; стоимость — по строкам.",
        ),
        ("ER, взвешенный", "Сумма реакций / сумма просмотров. Среднее постов: среднее их ER; это разные числа."),
        ("Динамика", "Измерения за этот месяц, где их больше одного; на графике первые 10 постов."),
        ("Время", "Времена и границы месяца показаны в часовом поясе кампании, он назван в сводке."),
        ("Ваши столбцы", "Стоят первыми, так, как пришли: это текст, он не пересчитывается."),
    ),
    "en": (
        (
            "Month",
            "A row for each erid and wall: placements are added up, a post's views count once. Money: your columns.",
        ),
        ("Joint post", "One counter for all its walls: each wall's row has the whole of it, the summary has it once."),
        ("Errors", "Error: the placement is not in the sheet “Month”. Note: it is, and one has to know of its number."),
        ("Summary", "Sums count each post once, however many placements name it; costs are added up by row."),
        ("ER, weighted", "Sum of reactions / sum of views. The mean of posts is that of their ER: another number."),
        ("Growth", "The readings of this month, where there is more than one; the chart has the first 10 posts."),
        ("Time", "Times and the month's ends are shown in the campaign's time zone, which the summary names."),
        ("Your columns", "Come first, as they came: they are text, and nothing is computed anew."),
    ),
}


class FormColumn(NamedTuple):
    """A column of the sheet of the month."""

    heading: str
    meaning: str
    kind: Kind = Kind.TEXT
    width: int = 14


class Said(NamedTuple):
    """What is said of a placement: an error keeps it out of the sheet of the month."""

    position: int
    link: str
    sentence: str
    is_error: bool


class Sheets(NamedTuple):
    """What the sheets have: the user's own columns, the ages at which views stand, and the columns of the month."""

    own: Sequence[str]
    ages: Sequence[str]
    form: Sequence[FormColumn]
    lang: Lang

    @property
    def columns(self) -> list[Column]:
        """Return our columns of posts."""
        of_ages = [column for place, age in enumerate(self.ages) for column in of_age(place, age)]
        before = [COLUMNS["link"], *MONTH_COLUMNS, *(COLUMNS[name] for name in OF_THE_POST)]
        return [*before, *of_ages, *(COLUMNS[name] for name in AFTER_AGES)]


class MonthReport:
    """Takes placements in their order, rows of the form and errors, and with `dynamics` series too; `close` writes what
    is known only at the end.

    A report that was not closed is abandoned at the end of its context. Working files lie in `folder`.
    """

    def __init__(
        self,
        file: IO[bytes] | Path,
        sheets: Sheets,
        zone: ZoneInfo,
        folder: Path | None = None,
        *,
        dynamics: bool = False,
    ) -> None:
        self.sheets, self.columns, lang = sheets, sheets.columns, sheets.lang
        self.summary, self.book = MonthSummary(), Book(file, zone, folder)
        summary, posts, month, errors, explanations = NAMES[lang]
        self.sums = Card(self.book, summary, SUMMARY_WIDTHS)
        self.posts = self._posts(posts)
        self.dynamics = Dynamics(self.book, lang) if dynamics else None
        form = sheets.form
        self.month = Table(self.book, month, [each.heading for each in form], [each.kind for each in form])
        self.month.widen(each.width for each in form)
        kinds = (Kind.COUNT, Kind.TEXT, Kind.TEXT, Kind.SENTENCE)
        self.errors = Table(self.book, errors, OF_ERRORS[lang], kinds, wraps=True)
        self.errors.widen((7, 42, 14, SENTENCE_WIDTH))
        self.explained = Card(self.book, explanations, MEANING_WIDTHS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.book.abandon()

    def _posts(self, name: str) -> Table:
        own, lang = self.sheets.own, self.sheets.lang
        headings = [*own, *(column.words[lang] for column in self.columns)]
        table = Table(self.book, name, headings, [*[Kind.TEXT] * len(own), *(column.kind for column in self.columns)])
        table.widen([*[0] * len(own), *(column.width for column in self.columns)])
        table.sheet.repeat_columns(len(own), len(own))  # the link, on each of the pages beside each other
        return table

    def add_all(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.summary.add(row)
            own = [*row.own, *[""] * (len(self.sheets.own) - len(row.own))]
            self.posts.add([*own, *(column.value(row, self.sheets.lang) for column in self.columns)])

    def add_series(self, series: Series) -> None:
        if self.dynamics:
            self.dynamics.add(series)

    def add_form_row(self, cells: Sequence[Value]) -> None:
        self.month.add(cells)

    def add_issues(self, issues: Iterable[Said]) -> None:
        for issue in issues:
            sort = SORTS[self.sheets.lang][issue.is_error]
            self.errors.add([issue.position + 1, issue.link, sort, issue.sentence])

    def close(self, facts: MonthFacts) -> None:
        lang = self.sheets.lang
        for table in (self.posts, self.month, self.errors):
            table.end()
        self.month.sheet.fit_to_pages(1, 0)
        if self.dynamics:
            self.dynamics.end()
        for title, group in self.summary.groups_of_month(facts, lang):
            self.sums.add(title, group)
        columns, rest = TITLES[lang]
        meanings = [(column.words[lang], column.meaning[lang]) for column in self.columns]
        self._explain(columns, meanings)
        self._explain(NAMES[lang][2], [(each.heading, each.meaning) for each in self.sheets.form])
        self._explain(rest, NOTES[lang])
        self.book.close()

    def _explain(self, title: str, meanings: Iterable[tuple[str, str]]) -> None:
        self.explained.add(title, [(what, meaning, Kind.TEXT) for what, meaning in meanings])
