"""The links of an ad-hoc run: from the command line, a file or standard input, with the file's own columns."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from crawler.spreadsheets.reading import reader
from crawler.spreadsheets.reading.reader import Read
from crawler.spreadsheets.reading.refusals import NO_TEXT, SENTENCES, FileRefused

NO_LINKS = "no column of the file holds links to posts: put them into a column of their own"
LIST = "txt"  # the kind of a file without columns


@dataclass(frozen=True, slots=True)
class Given:
    """`own` has the own columns of each link's row by name; it is empty if the links come from no table."""

    links: list[str]
    own: list[dict[str, str]] = field(default_factory=list)
    rows_without_link: int = 0

    @property
    def has_own(self) -> bool:
        return any(self.own)


def is_literal(argument: str) -> bool:
    """Return whether these are links, and not the name of where they are."""
    return argument != "-" and not argument.startswith("@")


def read(argument: str, platform: str) -> Given:
    """Read the links out of `URL URL`, `@file` or `-` (standard input).

    A file is a table as imports take it, or a list that is separated by white space. Raises ValueError, which says
    what to do, if there are none, and OSError if the file cannot be read.
    """
    if argument.startswith("@"):
        found = _of_file(Path(argument[1:]), platform)
    else:
        found = Given((sys.stdin.read() if argument == "-" else argument).split())
    if not found.links:
        raise ValueError("there is no link in it")
    return found


def _of_file(path: Path, platform: str) -> Given:
    with path.open("rb") as file, TemporaryDirectory(prefix="views-stats-") as folder:
        try:
            with reader.read(file, Path(folder), rows=True, platform=platform) as found:
                if not _is_list(path, found):
                    return _of_table(found)
                return _of_list(file, found.understood["encoding"])
        except FileRefused as refusal:
            if refusal.code != NO_TEXT:
                raise ValueError(str(refusal)) from refusal
        return _of_list(file, "utf-8")


def _is_list(path: Path, found: Read) -> bool:
    """Return whether the file has no columns. What is called a text and has no column of links is none either."""
    has_links, kind = bool(found.understood["links"]), found.understood["kind"]
    return bool(kind == LIST or (not has_links and path.suffix.lower() == f".{LIST}"))


def _of_list(file: IO[bytes], encoding: str) -> Given:
    file.seek(0)
    try:
        return Given(file.read().decode(encoding).removeprefix("\ufeff").split())
    except UnicodeDecodeError:
        raise ValueError(SENTENCES[NO_TEXT]) from None


def _of_table(found: Read) -> Given:
    if not found.understood["links"]:
        raise ValueError(NO_LINKS)
    names, links, own = found.understood["own"], [], []
    for row in found.rows():
        links += row.links
        own += [dict(zip(names, json.loads(row.cells), strict=True))] * len(row.links)
    return Given(links, own, found.understood["rows_without_link"])
