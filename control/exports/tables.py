"""A file of a batch: its name, and how it is written."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, NamedTuple
from zoneinfo import ZoneInfo

from control.exports.choice import Choice, Format
from control.exports.names import plain
from control.exports.source import Source
from crawler.spreadsheets.writing.columns import Layout
from crawler.spreadsheets.writing.csv_and_ndjson import csv_pieces, ndjson_pieces
from crawler.spreadsheets.writing.dynamics import Series
from crawler.spreadsheets.writing.report import Report
from crawler.spreadsheets.writing.rows import Row
from crawler.spreadsheets.writing.summary import Facts

WORDS = {"ru": "Просмотры", "en": "Views"}

Pages = Iterable[Sequence[Row]]


class Read(NamedTuple):
    """What a report is made of: pages of links, what was read of their posts over time, and the rows of the user's file
    without a link.
    """

    pages: Pages
    series: Iterator[Series] = iter(())
    without_link: Iterable[tuple[int, Sequence[str], str]] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A file of a batch. Its times are shown in the `zone`."""

    source: Source
    choice: Choice
    zone: ZoneInfo

    @property
    def file_name(self) -> str:
        """Return a name that every system accepts, made of the batch's name, or of its id if it has none."""
        day = datetime.fromtimestamp(self.source.created_at, self.zone).strftime("%Y-%m-%d")
        about = plain(self.source.name) or self.source.public_id[:8]
        return f"{WORDS[self.choice.lang]} {day} {about}.{self.choice.format}"

    @property
    def layout(self) -> Layout:
        """Return the columns. Raises ValueError that names a wrong field."""
        columns = self.choice.columns(cost=self.source.cost is not None)
        return Layout(self.source.own, columns, self.choice.lang, self.choice.ages)

    def text_pieces(self, pages: Pages) -> Iterator[str]:
        """Write CSV or NDJSON, a piece for each page."""
        if self.choice.format is Format.NDJSON:
            return ndjson_pieces(self.layout, pages)
        return csv_pieces(self.layout, pages, self.choice.writing, self.zone)

    def write_report(self, file: IO[bytes] | Path, read: Read, now: float, folder: Path) -> None:
        """Write the XLSX. Working files lie in `folder` meanwhile, and none stays there."""
        first = next(read.series, None)
        with (
            TemporaryDirectory(dir=folder) as parts,
            Report(file, self.layout, self.zone, Path(parts), dynamics=first is not None) as report,
        ):
            for page in read.pages:
                for row in page:
                    report.add(row)
            for series in chain([first] if first else [], read.series):
                report.add_series(series)
            for number, own, given in read.without_link:
                report.add_without_link(number, own, given)
            source, about = self.source, self.choice.in_words
            report.close(Facts(source.public_id, source.name, source.created_at, now, self.zone.key, about))
