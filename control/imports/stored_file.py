"""Reads a stored file again, with corrections."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

from sqlalchemy import Engine

from control.errors import UnreadableFile
from control.exports.working_files import folder
from control.imports import storage
from control.imports.turns import TURNS
from crawler.spreadsheets.reading import reader
from crawler.spreadsheets.reading.reader import Read
from crawler.spreadsheets.reading.refusals import FileRefused
from crawler.spreadsheets.reading.table import Corrections


@contextmanager
def read(engine: Engine, user_id: str, import_id: int, given: Corrections, *, rows: bool) -> Iterator[Read]:
    """Read it in its user's turn, with its rows or without. Raises UnreadableFile, Busy."""
    with TemporaryFile(dir=folder()) as file:
        storage.load(engine, import_id, file.write)
        with reading(user_id, file, given, rows=rows) as found:
            yield found


@contextmanager
def reading(user_id: str, file: IO[bytes], given: Corrections | None = None, *, rows: bool = False) -> Iterator[Read]:
    """Read a file in its user's turn. Raises UnreadableFile, Busy."""
    file.flush()
    try:
        with TURNS.take(user_id), reader.read(file, folder(), given, rows=rows) as found:
            yield found
    except FileRefused as refusal:
        raise UnreadableFile(str(refusal), refusal.code, refusal.about) from refusal
