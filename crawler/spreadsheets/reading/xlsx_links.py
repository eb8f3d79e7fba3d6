"""Links behind the words of an XLSX sheet: `<hyperlinks>` and `=HYPERLINK()`. python-calamine reads neither."""

from collections.abc import Iterator
from io import BufferedIOBase
from posixpath import join, normpath
from typing import Any, cast
from xml.parsers import expat
from zipfile import ZipFile

from crawler.spreadsheets.reading.formulas import Address, column_number, hyperlink
from crawler.spreadsheets.reading.sheet import Place

PIECE = 1 << 20
SIGNS = (b"HYPERLINK", b"hyperlink")
WORKBOOK = "xl/workbook.xml"


def find(package: ZipFile, sheet: str) -> dict[Place, Address]:
    """Return where the cells of the sheet of this name lead."""
    part = _part(package, sheet)
    if part not in package.namelist() or not _has_any(package, part):
        return {}
    found = _Links(_targets(package, part))
    with package.open(part) as file:
        found.parser.ParseFile(file)
    return found.links


def _has_any(package: ZipFile, part: str) -> bool:
    """Whether the sheet may have such links, so that reading it once more is worth it."""
    with package.open(part) as file:
        return any(sign in piece for piece in _overlapping(cast("BufferedIOBase", file)) for sign in SIGNS)


def _overlapping(file: BufferedIOBase) -> Iterator[bytes]:
    end = b""
    while piece := file.read(PIECE):
        yield end + piece
        end = piece[-16:]


def _part(package: ZipFile, sheet: str) -> str:
    """Return the path of a sheet within the file."""
    ids = {attributes.get("name", ""): attributes.get("id", "") for attributes in _elements(package, WORKBOOK, "sheet")}
    return _targets(package, WORKBOOK).get(ids.get(sheet, ""), "")


def _targets(package: ZipFile, part: str) -> dict[str, str]:
    """Return where the relations of a part lead, by id: the path of a part, or the address of another file."""
    folder, _, name = part.rpartition("/")
    relations = _elements(package, f"{folder}/_rels/{name}.rels", "Relationship")
    return {each.get("Id", ""): _target(folder, each) for each in relations}


def _target(folder: str, relation: dict[str, str]) -> str:
    target = relation.get("Target", "")
    if relation.get("TargetMode") == "External":
        return target
    return target.lstrip("/") if target.startswith("/") else normpath(join(folder, target))


def _elements(package: ZipFile, part: str, name: str) -> list[dict[str, str]]:
    """Return the attributes of all elements of a name, without their namespaces."""
    if part not in package.namelist():
        return []
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == name:
            found.append({_local(key): value for key, value in attributes.items()})

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with package.open(part) as file:
        parser.ParseFile(file)
    return found


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Links:
    """Collects the links of one sheet while its XML is read."""

    def __init__(self, targets: dict[str, str]) -> None:
        self.targets = targets
        self.links: dict[Place, Address] = {}
        self.shared: dict[str, tuple[Place, Address]] = {}
        self.row = self.column = -1
        self.formula: list[str] | None = None
        self.share = ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, tag: str, attributes: dict[str, Any]) -> None:
        name = _local(tag)
        if name == "c":
            self._enter(attributes.get("r"))
        elif name == "row":
            self.row = int(attributes["r"]) - 1 if attributes.get("r", "").isdecimal() else self.row + 1
            self.column = -1
        elif name == "f":
            self.formula = []
            self.share = attributes.get("si", "") if attributes.get("t") == "shared" else ""
        elif name == "hyperlink":
            self._relate({_local(key): value for key, value in attributes.items()})

    def _enter(self, reference: str | None) -> None:
        """Move to a cell. A cell without a reference follows the one before it."""
        place = _place(reference) if reference else None
        self.row, self.column = place or (self.row, self.column + 1)

    def _text(self, text: str) -> None:
        if self.formula is not None:
            self.formula.append(text)

    def _end(self, tag: str) -> None:
        if self.formula is None or _local(tag) != "f":
            return
        formula, self.formula = "".join(self.formula), None
        here = (self.row, self.column)
        if self.share and not formula:
            self._follow(here)
        elif found := hyperlink(formula):
            self.links[here] = found
            if self.share:
                self.shared[self.share] = (here, found)

    def _follow(self, here: Place) -> None:
        """Give the cell the formula that it shares with an earlier cell."""
        if self.share in self.shared:
            (row, column), found = self.shared[self.share]
            self.links[here] = found.moved(here[0] - row, here[1] - column)

    def _relate(self, attributes: dict[str, str]) -> None:
        """Note an element of `<hyperlinks>`. Links to a place in the same file have no `id`."""
        target = self.targets.get(attributes.get("id", ""), "")
        first, _, last = attributes.get("ref", "").partition(":")
        top, bottom = _place(first), _place(last or first)
        if not target or top is None or bottom is None:
            return
        fragment = attributes.get("location")
        address = Address((f"{target}#{fragment}" if fragment else target,))
        for row in range(top[0], bottom[0] + 1):
            for column in range(top[1], bottom[1] + 1):
                self.links.setdefault((row, column), address)


def _place(reference: str) -> Place | None:
    """Read `B2`."""
    plain = reference.replace("$", "")
    letters = plain.rstrip("0123456789")
    digits = plain[len(letters) :]
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3 and digits):
        return None
    return int(digits) - 1, column_number(letters)
