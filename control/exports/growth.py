"""What was read of the posts of a batch, for the sheet of their growth: where its user may see two readings or more."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import Connection, Engine, Row, Select, and_, select

from control.exports.choice import Choice
from control.exports.source import Source, which
from control.reports import aliases, history
from control.reports.history import FOREVER
from crawler.spreadsheets.writing.dynamics import Series
from crawler.store import bulk_parameters
from crawler.store.database import snapshot
from crawler.store.lookup import looked_up
from crawler.store.models.batches import Link
from crawler.store.models.campaigns import Placement
from crawler.store.models.posts import Reading

LINKS_AT_ONCE = 50  # each may have thousands of readings


def series(engine: Engine, user_id: str, source: Source, choice: Choice) -> Iterator[Series]:
    """Read them in the order of the links; a post that several links name once."""
    position = -1
    while True:
        with snapshot(engine) as connection:
            part = _links(source, choice, position)
            links = connection.execute(part).all()
            found = of(connection, user_id, Link, [link.id for link in links])
        yield from found
        if len(links) < LINKS_AT_ONCE:
            return
        position = links[-1].position


def _links(source: Source, choice: Choice, position: int) -> Select[int, int]:
    first = (Link.position > position, Link.post_id.is_not(None), Link.duplicate_of.is_(None))
    links = select(Link.id, Link.position).where(*which(source, choice), *first)
    return links.order_by(Link.position).limit(LINKS_AT_ONCE)


def of(
    connection: Connection,
    user_id: str,
    by: type[Link | Placement],
    ids: Sequence[int],
    during: tuple[float, float] = (0.0, FOREVER),
) -> list[Series]:
    """Read what was read, from one moment to another, of the posts that these links or placements name."""
    rows = groupby(_readings(connection, user_id, by, ids, during), key=lambda row: row.position)
    found = [(position, list(readings)) for position, readings in rows]
    return [
        Series(readings[0].url, [(row.measured_at, row.views) for row in readings])
        for _, readings in found
        if len(readings) > 1
    ]


def _readings(
    connection: Connection, user_id: str, by: type[Link | Placement], ids: Sequence[int], during: tuple[float, float]
) -> Sequence[Row[int, str, float, int]]:
    dialect, given = connection.dialect.name, aliases.pairs(connection, by, ids)
    posts = bulk_parameters.table(dialect, *given)
    readings = select(by.position, by.url, Reading.measured_at, Reading.views).select_from(posts)
    readings = readings.join(by, by.id == posts.c.named_by)
    theirs = and_(looked_up(Reading.post_id, posts.c.post), Reading.access_key == by.access_key)
    readings = readings.join(Reading, theirs)
    readings = readings.where(history.seen_by(user_id), Reading.measured_at.between(*during))
    in_order = readings.order_by(by.position, Reading.measured_at, Reading.id)
    return connection.execute(in_order, bulk_parameters.parameters(dialect, **given)).all()
