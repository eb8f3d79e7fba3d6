"""The report on a batch: an XLSX file with several sheets."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self
from zoneinfo import ZoneInfo

from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.card import Card
from crawler.spreadsheets.writing.column import Column, Kind
from crawler.spreadsheets.writing.columns import COLUMNS, OWN, Layout
from crawler.spreadsheets.writing.dynamics import Dynamics, Series
from crawler.spreadsheets.writing.rows import Row
from crawler.spreadsheets.writing.summary import Facts, Summary
from crawler.spreadsheets.writing.workbook import Book, Table

LINK = COLUMNS["link"]
SENTENCE_WIDTH = 50  # characters
SUMMARY_WIDTHS = (52, 36)
MEANING_WIDTHS = (28, 88)
NAMES: dict[Lang, tuple[str, ...]] = {
    "ru": ("Сводка", "Посты", "Ошибки", "Без ссылки", "Пояснения"),
    "en": ("Summary", "Posts", "Errors", "Without a link", "Explanations"),
}
TITLES: dict[Lang, tuple[str, str]] = {"ru": ("Столбцы", "Остальное"), "en": ("Columns", "The rest")}
OF_ERRORS = ("position", "link", "why", "advice", OWN)
ROW_AND_TEXT: dict[Lang, tuple[str, str]] = {"ru": ("Строка", "Вместо ссылки"), "en": ("Row", "In place of a link")}
NOTES: dict[Lang, tuple[tuple[str, str], ...]] = {
    "ru": (
        (
            "Динамика",
            "Есть, если посты измеряли не один раз: все измерения и прирост; на графике первые 10 постов.",
        ),
        (
            "Сводка",
            "Суммы считают каждый пост один раз, сколько бы ссылок на него ни было; стоимость складывается по строкам.",
        ),
        ("ER, взвешенный", "Сумма реакций / сумма просмотров. Среднее постов: среднее их ER; это разные числа."),
        ("CPV и CPM", "Считаются там, где среди ваших столбцов есть стоимость и пост измерен."),
        ("Время", "Времена показаны в часовом поясе, который назван в сводке."),
        ("Ваши столбцы", "Стоят первыми, так, как пришли: это текст, он не пересчитывается."),
    ),
    "en": (
        (
            "Growth",
            "Is there where posts were measured more than once: all readings; the chart has the first 10 posts.",
        ),
        ("Summary", "Sums count each post once, however many links name it; costs are added up by row."),
        ("ER, weighted", "Sum of reactions / sum of views. The mean of posts is that of their ER: another number."),
        ("CPV and CPM", "Are there where a column of yours is a cost and the post is measured."),
        ("Time", "Times are shown in the time zone that the summary names."),
        ("Your columns", "Come first, as they came: they are text, and nothing is computed anew."),
    ),
}


class Report:
    """Takes rows in their order, and with `dynamics` series too. `close` writes what is known only at the end. Working
    files lie in `folder`.

    A report that was not closed is abandoned at the end of its context.
    """

    def __init__(
        self,
        file: IO[bytes] | Path,
        layout: Layout,
        zone: ZoneInfo,
        folder: Path | None = None,
        *,
        dynamics: bool = False,
    ) -> None:
        self.layout, self.zone, self.lang = layout, zone, layout.lang
        self.summary = Summary()
        self.book = Book(file, zone, folder)
        summary, posts, errors, without, explanations = NAMES[self.lang]
        self.sums = Card(self.book, summary, SUMMARY_WIDTHS)
        self.posts = self._table(posts, layout)
        self.dynamics = Dynamics(self.book, self.lang) if dynamics else None
        self.failed = Layout(layout.own, OF_ERRORS, self.lang)
        self.errors = self._table(errors, self.failed, wraps=True)
        row, text = ROW_AND_TEXT[self.lang]
        kinds = [Kind.COUNT, *[Kind.TEXT] * (len(layout.own) + 1)]
        self.without = Table(self.book, without, [row, *layout.own, text], kinds)
        self.explained = Card(self.book, explanations, MEANING_WIDTHS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.book.abandon()

    def _table(self, name: str, layout: Layout, *, wraps: bool = False) -> Table:
        table = Table(self.book, name, layout.headings, layout.kinds, wraps=wraps)
        table.widen(each.width if isinstance(each, Column) else 0 for each in layout.columns)
        if LINK in layout.columns:
            place = layout.columns.index(LINK)
            table.sheet.repeat_columns(place, place)  # on each of the pages beside each other that are printed
        if wraps:
            table.widen(SENTENCE_WIDTH if kind is Kind.SENTENCE else 0 for kind in layout.kinds)
        return table

    def add(self, row: Row) -> None:
        self.summary.add(row)
        self.posts.add(self.layout.cells(row))
        if row.reason:
            self.errors.add(self.failed.cells(row))

    def add_series(self, series: Series) -> None:
        if self.dynamics:
            self.dynamics.add(series)

    def add_without_link(self, number: int, own: Sequence[str], text: str) -> None:
        """Add a row of the user's file that has no link: its number, and the text that stood in the link's place."""
        self.summary.without_link += 1
        self.without.add([number, *own, *[""] * (len(self.layout.own) - len(own)), text])

    def close(self, facts: Facts) -> None:
        for table in (self.posts, self.errors, self.without):
            table.end()
        if self.dynamics:
            self.dynamics.end()
        for title, group in self.summary.groups(facts, self.lang):
            self.sums.add(title, group)
        self._explain()
        self.book.close()

    def _explain(self) -> None:
        ours = [each for each in self.layout.columns if isinstance(each, Column)]
        meanings = [(each.words[self.lang], each.meaning[self.lang]) for each in ours]
        for title, group in zip(TITLES[self.lang], (meanings, NOTES[self.lang]), strict=True):
            self.explained.add(title, [(what, meaning, Kind.TEXT) for what, meaning in group])
