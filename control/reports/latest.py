"""The newest readings of a post, newest first, each with the one before it."""

from collections.abc import Sequence
from itertools import pairwise

from sqlalchemy import Connection

from control.reports import history
from control.reports.buckets import Pair
from control.reports.history import Place, Subject
from control.reports.seen import Seen


def read(connection: Connection, subject: Subject, before: Place | None, limit: int) -> tuple[list[Pair], Place | None]:
    """Read at most `limit` before a place, or the newest, and the place before which older ones stand."""
    readings = history.backwards(connection, subject, before, limit + 1)
    pairs = pairs_of(readings)[:limit]
    return pairs, history.place_of(pairs[-1][0]) if len(readings) > limit else None


def pairs_of(readings: Sequence[Seen]) -> list[Pair]:
    """Pair each of them, newest first, with the one before it; the oldest has none."""
    return [*pairwise(readings), *((reading, None) for reading in readings[-1:])]
