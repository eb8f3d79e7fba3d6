"""A sheet in the form that all readers return: rows of text, whatever the file's format."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from crawler.spreadsheets.reading.formulas import Address

HIDDEN_LINKS_LOST = "xls_hidden_links"
Rows = Iterator[list[str]]
Place = tuple[int, int]  # row and column, from 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows` begins anew with each call, and its first row is the file's first. `hidden_links` are links behind other
    words.
    """

    name: str
    rows: Callable[[], Rows]
    hidden_links: Mapping[Place, Address] = field(default_factory=dict)
    is_hidden: bool = False

    def hidden_link(self, number: int, column: int, row: list[str]) -> str | None:
        """Return where a click on a cell leads, given its row. None if we cannot tell."""
        address = self.hidden_links.get((number, column)) if self.hidden_links else None
        return address.read(number, row) if address else None


@dataclass(frozen=True, slots=True)
class File:
    """What a file holds. Only text has `encoding` and `delimiter`; with a single column, `delimiter` is None."""

    kind: str
    sheets: list[Sheet]
    encoding: str | None = None
    delimiter: str | None = None
    notes: tuple[str, ...] = ()  # codes of `problems` that concern the whole file
