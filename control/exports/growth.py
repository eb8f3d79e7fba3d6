"""What was read of the posts of a batch, for the sheet of their growth: where its user may see two readings or more."""

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Engine, Select, select

from control.exports.choice import Choice
from control.exports.source import Source, which
from control.reports import history
from crawler.spreadsheets.writing.dynamics import Series
from crawler.store.database import snapshot
from crawler.store.models.batches import Link
from crawler.store.models.posts import Reading

LINKS_AT_ONCE = 50  # each may have thousands of readings


def series(engine: Engine, user_id: str, source: Source, choice: Choice) -> Iterator[Series]:
    """Read them in the order of the links; a post that several links name once."""
    position = -1
    while True:
        with snapshot(engine) as connection:
            part = _links(source, choice, position)
            positions = connection.execute(part).scalars().all()
            rows = connection.execute(_readings(user_id, source, part)).all()
        for _, found in groupby(rows, key=lambda row: row.position):
            readings = list(found)
            if len(readings) > 1:
                yield Series(readings[0].url, [(row.measured_at, row.views) for row in readings])
        if len(positions) < LINKS_AT_ONCE:
            return
        position = positions[-1]


def _links(source: Source, choice: Choice, position: int) -> Select[int]:
    first = (Link.position > position, Link.post_id.is_not(None), Link.duplicate_of.is_(None))
    return select(Link.position).where(*which(source, choice), *first).order_by(Link.position).limit(LINKS_AT_ONCE)


def _readings(user_id: str, source: Source, part: Select[int]) -> Select[int, str, float, int]:
    readings = select(Link.position, Link.url, Reading.measured_at, Reading.views)
    readings = readings.join(Reading, (Reading.post_id == Link.post_id) & (Reading.access_key == Link.access_key))
    readings = readings.where(Link.batch_id == source.batch_id, Link.position.in_(part), history.seen_by(user_id))
    return readings.order_by(Link.position, Reading.measured_at, Reading.id)
