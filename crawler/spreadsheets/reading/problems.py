"""What is odd about a file. Each problem names its row, so that the sender can look there."""

import re
from collections import Counter
from dataclasses import dataclass, field

from crawler.spreadsheets.reading.delimited import BROKEN_LETTERS, BROKEN_QUOTES
from crawler.spreadsheets.reading.sheet import HIDDEN_LINKS_LOST

MOST_LISTED = 100
LONGEST_NUMBER = 40  # characters
NO_LINK, TOTALS, LOST_NUMBER, CUT_CELL, MORE_COLUMNS = "no_link", "totals", "lost_number", "cut_cell", "more_columns"
NO_LINKS = "no_links"
ROUNDED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
TOTAL = re.compile(r"(?:итог|всего|total|сумма$|sum$)", re.IGNORECASE)
SENTENCES = {
    NO_LINK: "The row has no link: it is kept with the batch, and nothing is measured for it.",
    TOTALS: "The row is taken for totals: it is kept with the batch, and nothing is measured for it.",
    LOST_NUMBER: "The spreadsheet program has rounded a long number, and its last digits are lost: format the column "
    "as text and enter it again.",
    CUT_CELL: "The cell is too long: only its first 2,000 characters are kept.",
    MORE_COLUMNS: "Only the first 60 columns are kept: choose others if you need them.",
    NO_LINKS: "No column holds links to posts: choose the column, or another sheet.",
    HIDDEN_LINKS_LOST: "Links that lie behind a word cannot be read from XLS: save the file as XLSX.",
    BROKEN_LETTERS: "The file has letters that are damaged: they are shown as �.",
    BROKEN_QUOTES: "A quotation mark is never closed: quotation marks are taken for text.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`row` counts from 1, as spreadsheets do; None: the problem concerns the whole file. `column` is a name."""

    row: int | None
    column: str | None
    code: str

    @property
    def message(self) -> str:
        return SENTENCES[self.code]


@dataclass(slots=True)
class Problems:
    """Lists the first problems, and counts all."""

    listed: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add_first(self, code: str) -> None:
        """Note a problem of the whole file."""
        self.counts[code] += 1
        self.listed.insert(0, Problem(None, None, code))

    def add(self, code: str, row: int | None = None, column: str | None = None) -> None:
        self.counts[code] += 1
        if len(self.listed) < MOST_LISTED:
            self.listed.append(Problem(row, column, code))


def is_rounded(text: str) -> bool:
    return len(text) < LONGEST_NUMBER and bool(ROUNDED.fullmatch(text.strip()))


def is_totals(row: list[str]) -> bool:
    """Whether the row's first words say that it has totals."""
    return next((bool(TOTAL.match(cell.strip())) for cell in row if cell.strip()), False)
