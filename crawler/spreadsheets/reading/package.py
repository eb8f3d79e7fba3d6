"""XLSX and ODS files are zips. The list of their entries is checked before anything is unpacked."""

from io import BytesIO
from zipfile import BadZipFile, ZipFile

from crawler.spreadsheets.reading.refusals import (
    BROKEN,
    LARGE_UNPACKED,
    LEADS_AWAY,
    MANY_PARTS,
    PROTECTED,
    FileRefused,
)

MOST_BYTES = 200_000_000  # unpacked
MOST_ENTRIES = 2_000
ENCRYPTED = 0x1  # https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.4.4


def open_package(data: bytes) -> ZipFile:
    """Open the zip. Raises FileRefused."""
    try:
        package = ZipFile(BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise FileRefused(BROKEN) from error
    _check(package)
    return package


def _check(package: ZipFile) -> None:
    entries = package.infolist()
    if len(entries) > MOST_ENTRIES:
        raise FileRefused(MANY_PARTS, MOST_ENTRIES)
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise FileRefused(LARGE_UNPACKED, MOST_BYTES // 1_000_000)
    if any(_leads_away(entry.filename) for entry in entries):
        raise FileRefused(LEADS_AWAY)
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise FileRefused(PROTECTED)


def _leads_away(path: str) -> bool:
    return path.startswith("/") or "\\" in path or ":" in path or ".." in path.split("/")
