"""The sheet of readings: what was read of each post and when, one reading a row, with a chart of the first posts."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from crawler.platforms.advice import Lang
from crawler.spreadsheets.writing.column import Kind
from crawler.spreadsheets.writing.workbook import Book, Table

NAMES: dict[Lang, str] = {"ru": "Динамика", "en": "Growth"}
HEADINGS: dict[Lang, tuple[str, ...]] = {
    "ru": ("Ссылка", "Время", "Просмотры", "Прирост"),
    "en": ("Link", "Time", "Views", "Growth"),
}
KINDS = (Kind.TEXT, Kind.MOMENT, Kind.COUNT, Kind.COUNT)
WIDTHS = (42, 20, 12, 12)
MOST_CURVES = 10  # more cannot be told apart
MOST_ROWS = 1_000_000  # a sheet has not many more
TIME, VIEWS = 1, 2  # columns
CHART_PLACE = "F2"
CHART_SIZE = {"width": 900, "height": 420}


class Series(NamedTuple):
    """What was read of the post that a link names: times (seconds since 1970) and views, two or more, oldest first."""

    link: str
    points: Sequence[tuple[float, int]]


class Dynamics:
    def __init__(self, book: Book, lang: Lang) -> None:
        self.table = Table(book, NAMES[lang], HEADINGS[lang], KINDS)
        self.table.widen(WIDTHS)
        self.headings = HEADINGS[lang]
        self.chart = book.line_chart()
        self.curves = 0

    def add(self, series: Series) -> None:
        """Write its readings, as far as there is room in the sheet."""
        if self.table.rows + len(series.points) > MOST_ROWS:
            return
        first, before = self.table.rows + 1, None
        for moment, views in series.points:
            self.table.add([series.link, moment, views, None if before is None else views - before])
            before = views
        if self.curves < MOST_CURVES:
            self.curves += 1
            self.chart.add_series(self._curve(first, self.table.rows))

    def _curve(self, first: int, last: int) -> dict[str, Any]:
        sheet = self.table.sheet.get_name()
        return {
            "name": [sheet, first, 0],
            "categories": [sheet, first, TIME, last, TIME],
            "values": [sheet, first, VIEWS, last, VIEWS],
            "marker": {"type": "circle", "size": 4},
        }

    def end(self) -> None:
        self.table.end()
        self.chart.set_x_axis({"num_format": "dd.mm.yy", "name": self.headings[TIME]})
        self.chart.set_y_axis({"num_format": "#,##0", "name": self.headings[VIEWS], "min": 0})
        self.chart.set_legend({"position": "bottom"})
        self.chart.set_size(CHART_SIZE)
        self.table.sheet.insert_chart(CHART_PLACE, self.chart)
