"""Merged cells: a value that a person sees across several rows belongs to each of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from crawler.spreadsheets.reading.formulas import Address
from crawler.spreadsheets.reading.sheet import Place

Range = tuple[Place, Place]  # first and last cell


def fill(rows: Iterable[list[str]], ranges: Iterable[Range]) -> Iterator[list[str]]:
    """Repeat the value of each merged range down its first column. A range within one row, such as a title, stays."""
    begins = defaultdict(list)
    for (top, left), (bottom, _) in ranges:
        if bottom > top:
            begins[top].append((left, bottom))
    open_: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(rows):
        for column, (bottom, value) in list(open_.items()):
            if number > bottom:
                del open_[column]
            elif column < len(row) and not row[column]:
                row[column] = value
        for column, bottom in begins.get(number, ()):
            if column < len(row):
                open_[column] = (bottom, row[column])
        yield row


def spread(links: Mapping[Place, Address], ranges: Iterable[Range]) -> dict[Place, Address]:
    """Repeat the links of merged ranges in the same way as their values."""
    result = dict(links)
    for (top, left), (bottom, _) in ranges:
        if found := links.get((top, left)):
            result |= {(row, left): found.moved(row - top, 0) for row in range(top + 1, bottom + 1)}
    return result
