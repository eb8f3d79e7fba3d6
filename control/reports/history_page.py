"""One page of a post's history: readings, or the last of each bucket, each with the one before it."""

from itertools import chain, islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from control.reports import history
from control.reports.buckets import Bucket, Pair, last_of_each
from control.reports.history import Part, Place, Subject
from control.reports.seen import Seen

AT_ONCE = 1000  # readings, of which a bucket shows one


class Wanted(NamedTuple):
    """At most `limit` readings of a part, or the last of each bucket. Days and months are those of the zone."""

    part: Part
    bucket: Bucket
    limit: int
    zone: ZoneInfo


def read(connection: Connection, subject: Subject, wanted: Wanted) -> tuple[list[Pair], Place | None]:
    """Read the page, oldest first, and the place after which the next one begins."""
    at_once = wanted.limit + 1 if wanted.bucket == Bucket.RAW else AT_ONCE
    readings = history.readings(connection, subject, wanted.part, at_once)
    first = next(readings, None)
    if first is None:
        return [], None
    pairs = last_of_each(
        chain([first], readings), _before(connection, subject, wanted, first), wanted.bucket, wanted.zone
    )
    found = list(islice(pairs, wanted.limit + 1))
    page, more = found[: wanted.limit], len(found) > wanted.limit
    return page, history.place_of(page[-1][0]) if more else None


def _before(connection: Connection, subject: Subject, wanted: Wanted, first: Seen) -> Seen | None:
    """Return the reading before the first one of the page. Before the first of all there is none to look for."""
    if wanted.part.since is None and wanted.part.after is None:
        return None
    return history.earlier(connection, subject, history.place_of(first))
