"""The newest readings of a post, newest first, each with the one before it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row

from control.reports import history
from control.reports.buckets import Pair
from control.reports.history import Place, Subject


def read(connection: Connection, subject: Subject, before: Place | None, limit: int) -> tuple[list[Pair], Place | None]:
    """Read at most `limit` before a place, or the newest, and the place before which older ones stand."""
    rows = history.backwards(connection, subject, before, limit + 1)
    pairs = list(pairs_of(rows))[:limit]
    last = pairs[-1][0] if len(rows) > limit else None
    return pairs, Place(last.measured_at, last.id) if last is not None else None


def pairs_of(rows: Sequence[Row[Any]]) -> list[Pair]:
    """Pair each of the rows, newest first, with the one before it; the oldest has none."""
    return [*pairwise(rows), *((row, None) for row in rows[-1:])]
