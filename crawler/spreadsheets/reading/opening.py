"""Tells the kind of a file by its bytes, because its name may be anything."""

from crawler.spreadsheets.reading.delimited import read_text
from crawler.spreadsheets.reading.link_cells import LinkReader
from crawler.spreadsheets.reading.ods import CONTENT, ENCRYPTED, read_ods
from crawler.spreadsheets.reading.package import open_package
from crawler.spreadsheets.reading.refusals import (
    BROKEN,
    EMPTY,
    NO_SPREADSHEET,
    PROTECTED,
    WEB_PAGE,
    XLSB,
    FileRefused,
)
from crawler.spreadsheets.reading.sheet import File
from crawler.spreadsheets.reading.workbook import read_xls, read_xlsx

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")  # an XLSX file under a password is an OLE file
BINARY_XLSX = "xl/workbook.bin"
MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml")
OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")


def open_file(data: bytes, reader: LinkReader) -> File:
    """Read the file. Raises FileRefused."""
    if not data.strip():
        raise FileRefused(EMPTY)
    if data.startswith((ZIP, EMPTY_ZIP)):
        return _open_package(data)
    if data.startswith(OLE):
        if ENCRYPTED_PACKAGE in data:
            raise FileRefused(PROTECTED)
        return read_xls(data)
    if data.startswith(OTHERS):
        raise FileRefused(NO_SPREADSHEET)
    if data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP):
        raise FileRefused(WEB_PAGE)
    return read_text(data, reader.names_post)


def _open_package(data: bytes) -> File:
    package = open_package(data)
    names = set(package.namelist())
    if CONTENT in names:
        return read_ods(package)
    if ENCRYPTED in names:
        raise FileRefused(PROTECTED)
    if BINARY_XLSX in names:
        raise FileRefused(XLSB)
    if not any(name.startswith("xl/") for name in names):
        raise FileRefused(NO_SPREADSHEET if names else BROKEN)
    return read_xlsx(data, package)
