"""The last reading of each hour, day or month: its own numbers and its true time, never an average."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from control.reports.seen import Seen


class Bucket(StrEnum):
    """The span of time of which only the last reading is shown. Days and months are those of the server's time zone."""

    RAW = "raw"  # every reading
    HOUR = "1h"
    DAY = "1d"
    MONTH = "month"


FORMS = {Bucket.HOUR: "%Y-%m-%d %H %z", Bucket.DAY: "%Y-%m-%d", Bucket.MONTH: "%Y-%m"}
Pair = tuple[Seen, Seen | None]


def last_of_each(readings: Iterable[Seen], before: Seen | None, bucket: Bucket, zone: ZoneInfo) -> Iterator[Pair]:
    """Yield the readings that are the last of their bucket, each with the one yielded before it. `readings` begins with
    the oldest.
    """
    last: Seen | None = None
    for reading in readings:
        if last is not None and _differ(last, reading, bucket, zone):
            yield last, before
            before = last
        last = reading
    if last is not None:
        yield last, before


def _differ(one: Seen, other: Seen, bucket: Bucket, zone: ZoneInfo) -> bool:
    return bucket == Bucket.RAW or _name(one, bucket, zone) != _name(other, bucket, zone)


def _name(reading: Seen, bucket: Bucket, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(reading.measured_at, zone).strftime(FORMS[bucket])
