"""The last reading of each hour, day or month: its own numbers and its true time, never an average."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row


class Bucket(StrEnum):
    """The span of time of which only the last reading is shown. Days and months are those of the server's time zone."""

    RAW = "raw"  # every reading
    HOUR = "1h"
    DAY = "1d"
    MONTH = "month"


FORMS = {Bucket.HOUR: "%Y-%m-%d %H %z", Bucket.DAY: "%Y-%m-%d", Bucket.MONTH: "%Y-%m"}
Pair = tuple[Row[Any], Row[Any] | None]


def last_of_each(rows: Iterable[Row[Any]], before: Row[Any] | None, bucket: Bucket, zone: ZoneInfo) -> Iterator[Pair]:
    """Yield the rows that are the last of their bucket, each with the one yielded before it. `rows` begins with the
    oldest.
    """
    last: Row[Any] | None = None
    for row in rows:
        if last is not None and _differ(last, row, bucket, zone):
            yield last, before
            before = last
        last = row
    if last is not None:
        yield last, before


def _differ(one: Row[Any], other: Row[Any], bucket: Bucket, zone: ZoneInfo) -> bool:
    return bucket == Bucket.RAW or _name(one, bucket, zone) != _name(other, bucket, zone)


def _name(row: Row[Any], bucket: Bucket, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(row.measured_at, zone).strftime(FORMS[bucket])
