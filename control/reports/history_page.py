"""One page of a post's history: readings, or the last of each bucket, each with the one before it."""

from itertools import chain, islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from control.reports import history
from control.reports.buckets import Bucket, Pair, last_of_each
from control.reports.history import Place, Subject


class Wanted(NamedTuple):
    """Readings from `since` until before `until` (seconds since 1970), at most `limit` of them, after a place. Days and
    months are those of the zone.
    """

    since: float | None
    until: float | None
    after: Place | None
    bucket: Bucket
    limit: int
    zone: ZoneInfo


def read(connection: Connection, subject: Subject, wanted: Wanted) -> tuple[list[Pair], Place | None]:
    """Read the page, oldest first, and the place after which the next one begins."""
    rows = history.readings(connection, subject, wanted.since, wanted.until, wanted.after)
    first = next(rows, None)
    if first is None:
        return [], None
    before = history.earlier(connection, subject, Place(first.measured_at, first.id))
    pairs = last_of_each(chain([first], rows), before, wanted.bucket, wanted.zone)
    found = list(islice(pairs, wanted.limit + 1))
    page, more = found[: wanted.limit], len(found) > wanted.limit
    return page, Place(page[-1][0].measured_at, page[-1][0].id) if more else None
