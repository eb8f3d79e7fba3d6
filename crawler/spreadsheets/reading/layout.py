"""Finds where things are in a sheet: its header, the column with the links, and the others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.spreadsheets.reading import columns
from crawler.spreadsheets.reading.link_cells import LinkReader
from crawler.spreadsheets.reading.sheet import Sheet

SAMPLE = 2_000  # rows, from the first with a link on, that decide which column has the links
MOST_ABOVE = 50  # rows above the first link that may be the header
PATIENCE = 20_000  # rows without any link after which we stop looking for one


@dataclass(slots=True)
class Layout:
    """Rows and columns from 0. `links` counts the cells of the sample that name a post, by column."""

    names: list[str] = field(default_factory=list)
    header: int | None = None
    link_column: int | None = None
    links: Counter[int] = field(default_factory=Counter)
    filled: Counter[int] = field(default_factory=Counter)
    above: list[tuple[int, list[str]]] = field(default_factory=list)

    def used(self) -> list[int]:
        """Return the columns that hold anything."""
        return [number for number in range(len(self.names)) if self.filled[number]]

    def index(self, name: str) -> int | None:
        return self.names.index(name) if name in self.names else None

    @property
    def most_links(self) -> int:
        return max(self.links.values(), default=0)


def find(sheet: Sheet, reader: LinkReader, header_row: int | None = None) -> Layout:
    """Find the layout of a sheet. `header_row` is the header if it is known, from 1; 0: there is none."""
    layout = Layout()
    width = _look_through(sheet, reader, layout)
    layout.link_column = _most(layout)
    layout.header = _header(layout) if header_row is None else header_row - 1
    if layout.header is not None and layout.header < 0:
        layout.header = None
    header = _row(sheet, layout.header)
    layout.names = columns.named(header, max(width, len(header)))
    layout.link_column = _of_links(layout)
    return layout


def _look_through(sheet: Sheet, reader: LinkReader, layout: Layout) -> int:
    """Count cells and links, and keep what stands above the first link; return the width."""
    width = seen = 0
    for number, row in enumerate(sheet.rows()):
        there = [column for column, cell in enumerate(row) if cell and not cell.isspace()]
        if not there:
            continue
        layout.filled.update(there)
        width = max(width, there[-1] + 1)
        if seen < SAMPLE and (layout.links or number < PATIENCE):
            with_links = [column for column in there if _has_link(sheet, reader, number, row, column)]
            layout.links.update(with_links)
            seen += bool(layout.links)
            if not layout.links and len(layout.above) < MOST_ABOVE:
                layout.above.append((number, row))
    return width


def _has_link(sheet: Sheet, reader: LinkReader, number: int, row: list[str], column: int) -> bool:
    found = reader.read(row[column], sheet.hidden_link(number, column, row))
    return any(reader.names_post(link) for link in found)


def _most(layout: Layout) -> int | None:
    """Return the column in which most cells name a post; among equals, the first."""
    return max(sorted(layout.links), key=lambda column: layout.links[column], default=None)


def _of_links(layout: Layout) -> int | None:
    """Of the columns where most cells name a post the one that is called so; where none does, any that is."""
    most = layout.most_links
    named = [number for number, name in enumerate(layout.names) if columns.role(name) == columns.LINK]
    return next((number for number in named if layout.links[number] == most), layout.link_column)


def _header(layout: Layout) -> int | None:
    """Return the row above the first link with the most names that we know, or else the nearest with only words."""
    if not layout.above:
        return None
    number, best = max(layout.above, key=lambda each: (columns.recognised(each[1]), each[0]))
    if columns.recognised(best):
        return number
    number, row = layout.above[-1]
    return number if layout.links and _is_all_words(row, layout) else None


def _is_all_words(row: Sequence[str], layout: Layout) -> bool:
    """Whether the row may be a header: it names the links' column and half of all, at least two, and has no number."""
    cells = [cell for cell in row if cell.strip()]
    words = all(any(letter.isalpha() for letter in cell) for cell in cells)
    columns_there = len(layout.filled)
    column = layout.link_column
    of_links = column is not None and column < len(row) and bool(row[column].strip())
    return words and of_links and len(cells) >= min(2, columns_there) and 2 * len(cells) >= columns_there


def _row(sheet: Sheet, number: int | None) -> list[str]:
    if number is None:
        return []
    return next((row for at, row in enumerate(sheet.rows()) if at == number), [])
