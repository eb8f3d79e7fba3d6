"""Tables as plain text: their encoding, their delimiter, and their rows.

We decide both ourselves, because csv.Sniffer and charset-normalizer guess many of such files wrong.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from crawler.spreadsheets.reading.limits import CELL_CHARACTERS
from crawler.spreadsheets.reading.refusals import LONG_LINE, NO_TEXT, FileRefused
from crawler.spreadsheets.reading.sheet import File, Rows, Sheet
from crawler.spreadsheets.writing.marks import unmark

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = "\t;,|"
KINDS = {None: "txt", "\t": "tsv"}
SAMPLE = 200  # rows
LONGEST_LINE = 5_000_000  # characters: more than the links that one batch may have
CONTROL = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f]")
LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")  # with its end
HINT = re.compile(r"sep=([\t;,|])\r?\n", re.IGNORECASE)  # of Excel
BROKEN_QUOTES = "broken_quotes"
BROKEN_LETTERS = "broken_letters"
LOST = "\ufffd"  # stands for what is no letter
RUSSIAN = "оеаин"  # the commonest letters: windows-1251 read as UTF-8 has none of them
MOST_LOST = 10  # of those letters there are so many more

IsLink = Callable[[str], bool]


def read_text(data: bytes, is_link: IsLink) -> File:
    """Raises FileRefused."""
    text, encoding = decode(data)
    notes: tuple[str, ...] = (BROKEN_LETTERS,) if LOST in text else ()
    hint = HINT.match(text)
    delimiter = hint[1] if hint else find_delimiter(text, is_link)
    start, quoting = hint.end() if hint else 0, csv.QUOTE_MINIMAL
    # A longer cell begins with a quote that nothing ends.
    if delimiter and any(len(cell) > CELL_CHARACTERS for row in split(text, delimiter) for cell in row):
        quoting, notes = csv.QUOTE_NONE, (*notes, BROKEN_QUOTES)

    def rows() -> Rows:
        found = split(text, delimiter, quoting, start) if delimiter else ([line.rstrip("\r\n")] for line in lines(text))
        return ([unmark(cell) for cell in row] for row in found)

    return File(KINDS.get(delimiter, "csv"), [Sheet("", rows)], encoding, delimiter, notes)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and its encoding. We try its byte order mark, the places of zeros, UTF-8, and windows-1251."""
    encoding = next((name for mark, name in BOMS if data.startswith(mark)), None) or _by_zeros(data)
    text, encoding = (data.decode(encoding, errors="replace"), encoding) if encoding else _unmarked(data)
    if len(CONTROL.findall(text[:100_000])) * 100 > len(text[:100_000]):
        raise FileRefused(NO_TEXT)
    return text.removeprefix("\ufeff"), encoding.removesuffix("-sig")


def _unmarked(data: bytes) -> tuple[str, str]:
    """UTF-8 with a letter cut in two, as programs that count bytes leave it, still is UTF-8."""
    with suppress(UnicodeDecodeError):
        return data.decode(), "utf-8"
    text = data.decode(errors="replace")
    if text.count(LOST) * MOST_LOST <= sum(map(text.count, RUSSIAN)):
        return text, "utf-8"
    return data.decode("cp1251", errors="replace"), "windows-1251"


def _by_zeros(data: bytes) -> str | None:
    """Recognise UTF-16 without a mark by its ASCII characters, of which every other byte is zero."""
    sample = data[:4000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(sample) < 4 or max(even, odd) * 10 < len(sample) // 2 or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def lines(text: str, start: int = 0) -> Iterator[str]:
    """Yield the lines with their ends. StringIO would take four bytes for each character of the text."""
    for found in LINE.finditer(text, start):
        if found.end() - found.start() > LONGEST_LINE:
            raise FileRefused(LONG_LINE, LONGEST_LINE)
        yield found[0]


def split(text: str, delimiter: str, quoting: int = csv.QUOTE_MINIMAL, start: int = 0) -> Iterator[list[str]]:
    csv.field_size_limit(len(text) + 1)
    return csv.reader(lines(text, start), delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]


def find_delimiter(text: str, is_link: IsLink) -> str | None:
    """Choose the delimiter with which most cells are one link, rows are equally wide, and rows are widest."""
    if _is_list(text, is_link):
        return None
    best = max(DELIMITERS, key=lambda each: _score(list(islice(split(text, each), SAMPLE)), is_link))
    return best if any(len(row) > 1 for row in islice(split(text, best), SAMPLE)) else None


def _is_list(text: str, is_link: IsLink) -> bool:
    """Whether the lines hold only links, with at most a word above them. Several links in a line are not columns."""
    parts = [re.split(r"[\s,;|]+", line.strip(" ,;|\t\r\n")) for line in islice(lines(text), SAMPLE) if line.strip()]
    body = parts[1:] if parts and len(parts) > 1 and not is_link(parts[0][0]) and len(parts[0]) == 1 else parts
    return bool(body) and all(is_link(part) for line in body for part in line)


def _score(rows: Sequence[list[str]], is_link: IsLink) -> tuple[int, float, int]:
    widths = Counter(len(row) for row in rows if row)
    if not widths:
        return 0, 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    links = sum(is_link(cell.strip()) for row in rows for cell in row)
    return links, count / widths.total() if width > 1 else 0.0, width
