"""ODS, read from its XML, because python-calamine reads no file of gnumeric's, no links and no merged cells.

https://docs.oasis-open.org/office/OpenDocument/v1.3/os/part3-schema/OpenDocument-v1.3-os-part3-schema.html, 9 and 19
"""

import re
from contextlib import suppress
from datetime import date, datetime
from xml.parsers import expat
from zipfile import ZipFile

from crawler.spreadsheets.reading import values
from crawler.spreadsheets.reading.formulas import Address, hyperlink
from crawler.spreadsheets.reading.limits import MOST_COLUMNS
from crawler.spreadsheets.reading.merged import Range, fill, spread
from crawler.spreadsheets.reading.refusals import BROKEN, MANY_CELLS, PROTECTED, FileRefused
from crawler.spreadsheets.reading.sheet import File, Place, Rows, Sheet

CONTENT = "content.xml"
ENCRYPTED = "encrypted-package"  # what LibreOffice writes since 24.8 in place of all parts, under a password
MANIFEST = "META-INF/manifest.xml"
MOST_CELLS = 5_000_000  # a cell may say that it is repeated a billion times
NUMBERS = {"float", "percentage", "currency"}
CELLS = {"table:table-cell", "table:covered-table-cell"}
CLOCK = re.compile(r"PT([0-9]+)H([0-9]+)M([0-9]+)(?:[.,][0-9]+)?S")
SPACES = {"text:tab": "\t", "text:line-break": "\n"}


def read_ods(package: ZipFile) -> File:
    """Raises FileRefused."""
    if MANIFEST in package.namelist() and b"encryption-data" in package.read(MANIFEST):
        raise FileRefused(PROTECTED)
    reader = _Reader()
    try:
        with package.open(CONTENT) as file:
            reader.parser.ParseFile(file)
    except (expat.ExpatError, KeyError) as error:
        raise FileRefused(BROKEN) from error
    return File("ods", [table.sheet() for table in reader.tables])


class _Table:
    def __init__(self, name: str, *, is_hidden: bool) -> None:
        self.name = name
        self.is_hidden = is_hidden
        self.cells: list[list[str]] = []
        self.links: dict[Place, Address] = {}
        self.ranges: list[Range] = []
        self.blank = 0  # blank rows, which count only if another row follows

    def sheet(self) -> Sheet:
        def rows() -> Rows:
            return fill((list(row) for row in self.cells), self.ranges)

        return Sheet(self.name, rows, spread(self.links, self.ranges), self.is_hidden)


class _Cell:
    """A cell that is being read. `address` is where a link in its text leads."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.paragraphs: list[str] = []
        self.address: Address | None = hyperlink(attributes.get("table:formula", ""))

    @property
    def text(self) -> str:
        kind = self.attributes.get("office:value-type")
        with suppress(ValueError):
            if kind in NUMBERS:
                return values.number(float(self.attributes["office:value"]))
            if kind == "date":
                return _day(self.attributes["office:date-value"])
            if kind == "time" and (found := CLOCK.fullmatch(self.attributes.get("office:time-value", ""))):
                return f"{found[1]}:{found[2]}" + (f":{found[3]}" if int(found[3]) else "")
        return "\n".join(self.paragraphs)

    def number(self, name: str) -> int:
        return int(self.attributes.get(name, "1"))


def _day(text: str) -> str:
    return values.moment(datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text))


class _Reader:
    """Takes the XML's elements one after the other and makes the `tables`."""

    def __init__(self) -> None:
        self.tables: list[_Table] = []
        self.styles: set[str] = set()  # the styles of hidden tables
        self.style = ""
        self.cell: _Cell | None = None
        self.inner = 0  # open elements within the cell
        self.aside = 0  # the first of them that is not the cell's text, such as a comment or a picture
        self.row: list[str] = []
        self.known: dict[str, str] = {}  # to store a text once, however many cells have it
        self.left = MOST_CELLS
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self.cell is not None:
            self._start_inner(self.cell, name, attributes)
        elif name in CELLS:
            self.cell = _Cell(attributes)
        elif name == "table:table-row":
            self.row, self.repeated = [], int(attributes.get("table:number-rows-repeated", "1"))
            self.row_links: dict[int, Address] = {}
            self.row_ranges: list[tuple[int, int]] = []
        elif name == "table:table":
            hidden = attributes.get("table:style-name") in self.styles
            self.tables.append(_Table(attributes.get("table:name", ""), is_hidden=hidden))
        elif name == "style:style":
            self.style = attributes.get("style:name", "")
        elif name == "style:table-properties" and attributes.get("table:display") == "false":
            self.styles.add(self.style)

    def _start_inner(self, cell: _Cell, name: str, attributes: dict[str, str]) -> None:
        self.inner += 1
        if self.aside:
            return
        if name == "text:p":
            cell.paragraphs.append("")
        elif name == "text:s":
            cell.paragraphs[-1:] = ["".join((*cell.paragraphs[-1:], " " * min(1000, int(attributes.get("text:c", 1)))))]
        elif name in SPACES:
            cell.paragraphs[-1:] = ["".join((*cell.paragraphs[-1:], SPACES[name]))]
        elif name == "text:a":
            cell.address = cell.address or Address((attributes.get("xlink:href", ""),))
        elif name != "text:span":
            self.aside = self.inner

    def _text(self, text: str) -> None:
        if self.cell is not None and self.inner and not self.aside and self.cell.paragraphs:
            self.cell.paragraphs[-1] += text

    def _end(self, name: str) -> None:
        if self.cell is not None and self.inner:
            self.aside = 0 if self.aside == self.inner else self.aside
            self.inner -= 1
        elif self.cell is not None:
            self._take(self.cell)
            self.cell = None
        elif name == "table:table-row" and self.tables:
            self._take_row(self.tables[-1])

    def _take(self, cell: _Cell) -> None:
        """Put the cell into its row, as often as it is repeated. Blank cells at the row's end are cut off."""
        text = self.known.setdefault(cell.text, cell.text)
        times = cell.number("table:number-columns-repeated")
        if len(self.row) + times > MOST_COLUMNS:
            times = MOST_COLUMNS - len(self.row) if not text else 0
        rows = cell.number("table:number-rows-spanned")
        if rows > 1:
            self.row_ranges.append((len(self.row), rows))
        if cell.address:
            self.row_links |= {len(self.row) + each: cell.address for each in range(times)}
        self.row.extend([text] * times)

    def _take_row(self, table: _Table) -> None:
        while self.row and not self.row[-1]:
            self.row.pop()
        if not self.row:
            table.blank += self.repeated
            return
        self._pay(table.blank + (len(self.row) + 1) * self.repeated)
        table.cells.extend([] for _ in range(table.blank))
        table.blank = 0
        top = len(table.cells)
        table.ranges += [((top, column), (top + rows - 1, column)) for column, rows in self.row_ranges]
        for number in range(top, top + self.repeated):
            table.links |= {(number, column): address for column, address in self.row_links.items()}
            table.cells.append(self.row)

    def _pay(self, cells: int) -> None:
        self.left -= cells
        if self.left < 0:
            raise FileRefused(MANY_CELLS, MOST_CELLS)
