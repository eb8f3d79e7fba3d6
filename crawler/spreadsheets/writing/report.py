"""The report on a batch: an XLSX file with several sheets."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self
from zoneinfo import ZoneInfo

from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.column import Column, Kind
from crawler.spreadsheets.writing.columns import OWN, Layout
from crawler.spreadsheets.writing.dynamics import Dynamics, Series
from crawler.spreadsheets.writing.rows import Row
from crawler.spreadsheets.writing.summary import Facts, Summary
from crawler.spreadsheets.writing.workbook import Book, Table

OWN_WIDTH = 18
MEANING_WIDTH = 80  # characters
LINE_POINTS = 15  # the height of a line of text
NAMES: dict[Lang, tuple[str, ...]] = {
    "ru": ("Сводка", "Посты", "Ошибки", "Без ссылки", "Пояснения"),
    "en": ("Summary", "Posts", "Errors", "Without a link", "Explanations"),
}
OF_ERRORS = ("position", "link", OWN, "why", "advice")
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
        self.sums = self.book.sheet(summary)
        self.posts = self._table(posts, layout)
        self.dynamics = Dynamics(self.book, self.lang) if dynamics else None
        self.failed = Layout(layout.own, OF_ERRORS, self.lang)
        self.errors = self._table(errors, self.failed)
        row, text = ROW_AND_TEXT[self.lang]
        kinds = [Kind.COUNT, *[Kind.TEXT] * (len(layout.own) + 1)]
        self.without = Table(self.book, without, [row, *layout.own, text], kinds)
        self.without.widen([8, *map(_own_width, layout.own), 44])
        self.explained = self.book.sheet(explanations)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.book.abandon()

    def _table(self, name: str, layout: Layout) -> Table:
        table = Table(self.book, name, layout.headings, layout.kinds)
        table.widen(each.width if isinstance(each, Column) else _own_width(each) for each in layout.columns)
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
        self._sum_up(facts)
        self._explain()
        self.book.close()

    def _sum_up(self, facts: Facts) -> None:
        self.sums.set_column(0, 0, 64)
        self.sums.set_column(1, 1, 24)
        for number, (label, value, kind) in enumerate(self.summary.lines(facts, self.lang)):
            if label:
                self.sums.write_string(number, 0, label, self.book.bold)
            self.book.write(self.sums, number, 1, value, kind)

    def _explain(self) -> None:
        self.explained.set_column(0, 0, 26)
        self.explained.set_column(1, 1, MEANING_WIDTH)
        ours = [each for each in self.layout.columns if isinstance(each, Column)]
        meanings = [(each.words[self.lang], each.meaning[self.lang]) for each in ours]
        self._write_meanings(0, meanings)
        self._write_meanings(len(meanings) + 1, NOTES[self.lang])

    def _write_meanings(self, first: int, meanings: Sequence[tuple[str, str]]) -> None:
        for number, (what, meaning) in enumerate(meanings, first):
            self.explained.set_row(number, LINE_POINTS * (1 + len(meaning) // MEANING_WIDTH))
            self.explained.write_string(number, 0, what, self.book.bold)
            self.explained.write_string(number, 1, meaning, self.book.wrapped)


def _own_width(name: str) -> int:
    return max(OWN_WIDTH, min(len(name) + 4, 40))
