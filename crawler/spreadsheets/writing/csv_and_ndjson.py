"""CSV (RFC 4180) and NDJSON, written piece by piece, so that only one page of rows is in memory."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from crawler.spreadsheets.writing.column import Kind
from crawler.spreadsheets.writing.columns import COLUMNS, OWN, Layout
from crawler.spreadsheets.writing.post_columns import AGES
from crawler.spreadsheets.writing.profiles import Profile, rfc3339
from crawler.spreadsheets.writing.rows import Row

LISTS = ("erids", "flags")  # written as they are where there are lists
Pages = Iterable[Sequence[Row]]


def csv_pieces(layout: Layout, pages: Pages, profile: Profile, zone: ZoneInfo) -> Iterator[str]:
    kinds = layout.kinds
    headings = [profile.text(heading, Kind.TEXT, zone) for heading in layout.headings]
    yield profile.begin + lines([headings], profile)
    for page in pages:
        cells = (zip(layout.cells(row), kinds, strict=True) for row in page)
        yield lines(([profile.text(*cell, zone) for cell in row] for row in cells), profile)


def lines(rows: Iterable[Sequence[str]], profile: Profile) -> str:
    file = StringIO(newline="")
    csv.writer(file, delimiter=profile.delimiter, lineterminator=profile.line_end).writerows(rows)
    return file.getvalue()


def ndjson_pieces(layout: Layout, pages: Pages) -> Iterator[str]:
    """Write an object on each line. Its keys are the fields' names in any language; times are RFC 3339, in UTC."""
    for page in pages:
        yield "".join(json.dumps(_object(layout, row), ensure_ascii=False) + "\n" for row in page)


def _object(layout: Layout, row: Row) -> dict[str, Any]:
    return {field: _json(layout, field, row) for field in layout.fields}


def _json(layout: Layout, field: str, row: Row) -> Any:
    if field == OWN:
        return dict(zip(layout.own, layout.own_cells(row), strict=True))
    if field == AGES:
        return {age: at._asdict() for age, at in zip(layout.ages, row.at, strict=False)}
    if field in LISTS:
        return list(getattr(row, field))
    column = COLUMNS[field]
    value = column.value(row, layout.lang)
    return rfc3339(float(value), ZoneInfo("UTC")) if column.kind is Kind.MOMENT and value is not None else value
