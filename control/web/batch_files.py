"""The links of a batch as a file, for spreadsheets and programs."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import IO
from zoneinfo import ZoneInfo

from flask import Response
from sqlalchemy import Connection

from control.errors import ApiError, FieldError, InvalidQuery, TooManyRows
from control.exports import growth, orders
from control.exports import source as sources
from control.exports.choice import MEDIA_TYPES, Choice, Format
from control.exports.month_table import MonthTable
from control.exports.source import Source
from control.exports.tables import Read, Table
from control.exports.working_files import folder
from control.web import open_streams, workbooks
from control.web.attachments import disposition
from control.web.engine import db
from control.web.settings import settings
from crawler.spreadsheets.writing.dynamics import Series
from crawler.store.database import read_clock, reading, snapshot

MOST_ROWS = 2000  # of an XLSX that is made while the client waits
MOST_CHARACTERS = 8_000_000  # of its user's own columns
LONG, MEASURED = "too much text in columns of yours", "more readings of its posts"


def answer(user_id: str, public_id: str, choice: Choice) -> Response:
    """Answer with a file of all rows. Raises NotFound, InvalidQuery, TooManyRows, TooManyRequests, Busy."""
    with snapshot(db.engine) as connection:
        source = sources.find(connection, user_id, public_id)
        large = _large(connection, source, choice) if choice.format is Format.XLSX else ""
    table = Table(source, choice, zone())
    check_fields(table)
    if large:
        raise _too_many(public_id, large)
    return _workbook(user_id, table) if choice.format is Format.XLSX else _text(user_id, table)


def _large(connection: Connection, source: Source, choice: Choice) -> str:
    """Say what of its workbook is too much to be written at once; nothing of what was read of posts over time."""
    rows = sources.count(connection, source, choice)
    rows += sources.count_without_link(connection, source) if choice.is_all else 0
    if rows > MOST_ROWS:
        return f"{rows:,}"
    return LONG if sources.characters(connection, source, choice) > MOST_CHARACTERS else ""


def _too_many(public_id: str, what: str) -> TooManyRows:
    return TooManyRows(
        f"Only a small XLSX comes at once, of {MOST_ROWS:,} rows at most, and this one has {what}: "
        f'POST /exports {{"batch": "{public_id}", "format": "xlsx"}} makes it; CSV and NDJSON come at once.'
    )


def export_answer(user_id: str, export_id: str) -> Response:
    """Send the file of an export. Raises NotFound, ExportNotReady, TooManyRequests, Busy."""
    with snapshot(db.engine) as connection:
        ordered = orders.find(connection, user_id, export_id)
        orders.check_ready(ordered)
        table = orders.table_of(connection, user_id, ordered, zone())
    end = open_streams.begin(user_id, open_streams.FILES)
    response = file_answer(orders.pieces(db.engine, export_id), table)
    response.call_on_close(end)
    return response


def check_fields(table: Table, kind: type[ApiError] = InvalidQuery) -> None:
    """Raise an error of this kind if a field is wrong."""
    try:
        _ = table.layout
    except ValueError as error:
        raise kind(f"fields: {error}", [FieldError(field="fields", message=str(error))]) from None


def zone() -> ZoneInfo:
    return ZoneInfo(settings().timezone)


def file_answer(body: Iterable[bytes] | Iterable[str], table: Table | MonthTable) -> Response:
    headers = {"Content-Disposition": disposition(table.file_name)}
    return Response(body, headers=headers, content_type=MEDIA_TYPES[table.choice.format])


def _text(user_id: str, table: Table) -> Response:
    pages = sources.pages(db.engine, table.source, table.choice)
    first = list(islice(pages, 2))  # before the status line is sent, so that a failing database is answered as an error
    if len(first) < 2:
        return file_answer("".join(table.text_pieces(first)), table)
    end = open_streams.begin(user_id, open_streams.FILES)
    response = file_answer(table.text_pieces(chain(first, pages)), table)
    response.call_on_close(end)
    return response


def _workbook(user_id: str, table: Table) -> Response:
    def write(file: IO[bytes]) -> None:
        pages = sources.pages(db.engine, table.source, table.choice)
        rest = sources.without_link(db.engine, table.source) if table.choice.is_all else ()
        series = _few(growth.series(db.engine, user_id, table.source, table.choice), table.source.public_id)
        table.write_report(file, Read(pages, iter(series), rest), _now(), folder())

    return workbooks.answer(user_id, table.file_name, write)


def _few(found: Iterator[Series], public_id: str) -> list[Series]:
    """Take what was read of the posts. Raises TooManyRows if that makes a sheet that takes its time."""
    taken, rows = [], 0
    for series in found:
        taken.append(series)
        rows += len(series.points)
        if rows > MOST_ROWS:
            raise _too_many(public_id, MEASURED)
    return taken


def _now() -> float:
    with reading(db.engine) as connection:
        return read_clock(connection)
