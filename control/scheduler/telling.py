"""Users are told what a measurement has found: that views fell, that an erid is gone, or the post itself."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, func, select
from sqlalchemy.orm import aliased

from control.campaigns import events
from control.campaigns.events import Fact
from control.campaigns.next_points import Key
from crawler.store import bulk_parameters
from crawler.store.models.campaigns import Campaign, Following, Placement, Point
from crawler.store.models.events import EventKind
from crawler.store.models.posts import Post, Reading

BEFORE = aliased(Point)


class Pair(NamedTuple):
    """The readings of a post by two points, one after the other, and what the platform said of it last."""

    key: Key
    before: Row[Any]
    now: Row[Any]
    post: Row[Any]


def tell(connection: Connection, rows: Sequence[Any], gone: Mapping[Key, float]) -> None:
    """Tell what these points have found, which have just ended. `gone` are posts that are held to be gone from now on,
    and when they were first not there.
    """
    with_reading = [row for row in rows if row.reading_id is not None]
    odd = [pair for pair in _pairs(connection, with_reading) if _fell(pair) or _lost(pair)] if with_reading else []
    following = _following(connection, [*(pair.key for pair in odd), *gone])
    events.write(connection, [*_odd(odd, following), *_gone(connection, gone, following)])


def _odd(pairs: Iterable[Pair], following: Mapping[Key, Sequence[Row[Any]]]) -> Iterator[Fact]:
    for pair in pairs:
        for placement in following.get(pair.key, ()):
            if placement.since <= pair.before.measured_at:  # else its user did not see that one
                yield from _facts(pair, placement)


def _gone(
    connection: Connection, gone: Mapping[Key, float], following: Mapping[Key, Sequence[Row[Any]]]
) -> Iterator[Fact]:
    """Those are told who want it followed longer."""
    for key, since in gone.items():
        theirs = (Reading.post_id == key.post_id, Reading.access_key == key.access_key, Reading.measured_at < since)
        last = connection.execute(select(func.max(Reading.measured_at)).where(*theirs)).scalar()
        for placement in following.get(key, ()):
            ends = (placement.ends_at, placement.campaign_ends_at)
            if not any(end is not None and end <= since for end in ends):
                seen = last if last is not None and last >= placement.since else None
                about = (placement.campaign_id, placement.position)
                yield Fact(EventKind.POST_GONE, *about, f"{since:.3f}", since, {"last_seen_at": seen})


def _facts(pair: Pair, placement: Row[Any]) -> Iterator[Fact]:
    about = (placement.campaign_id, placement.position)
    at, name = pair.now.measured_at, str(pair.now.id)
    if _fell(pair):
        counts = {"views_before": pair.before.views, "views": pair.now.views}
        yield Fact(EventKind.VIEWS_FELL, *about, name, at, counts)
    if _lost(pair):
        yield Fact(EventKind.ERID_LOST, *about, name, at, {"erids": pair.post.erids.split()})


def _fell(pair: Pair) -> bool:
    return bool(pair.now.views < pair.before.views and pair.now.measured_at > pair.before.measured_at)


def _lost(pair: Pair) -> bool:
    """Whether an erid went between both. With an access key a platform says nothing of erids."""
    lost_at = pair.post.erid_lost_at
    between = lost_at is not None and pair.before.measured_at < lost_at <= pair.now.measured_at
    return bool(between and not pair.key.access_key)


def _pairs(connection: Connection, rows: Sequence[Any]) -> Iterator[Pair]:
    dialect = connection.dialect.name
    same = (BEFORE.post_id == Point.post_id, BEFORE.access_key == Point.access_key, BEFORE.id != Point.id)
    before = select(BEFORE.reading_id).where(*same, BEFORE.reading_id.is_not(None))
    last = before.order_by(BEFORE.made_at.desc()).limit(1).correlate(Point).scalar_subquery()
    points = select(Point.id, last).where(Point.id.in_(bulk_parameters.ids(dialect)))
    given = bulk_parameters.parameters(dialect, id=[row.id for row in rows])
    earlier = {id_: reading for id_, reading in connection.execute(points, given) if reading is not None}
    readings = _by_id(connection, Reading, [*earlier.values(), *(row.reading_id for row in rows if row.id in earlier)])
    posts = _by_id(connection, Post, [row.post_id for row in rows if row.id in earlier])
    for row in rows:
        one, other = readings.get(earlier.get(row.id)), readings.get(row.reading_id)
        if one is not None and other is not None:
            yield Pair(Key(row.post_id, row.access_key), one, other, posts[row.post_id])


def _by_id(connection: Connection, table: Any, ids: Iterable[int]) -> dict[int | None, Row[Any]]:
    dialect = connection.dialect.name
    found = select(table.__table__).where(bulk_parameters.among(dialect, table.id))
    rows = connection.execute(found, bulk_parameters.parameters(dialect, id=sorted(set(ids))))
    return {row.id: row for row in rows}


def _following(connection: Connection, keys: Iterable[Key]) -> dict[Key, list[Row[Any]]]:
    """Find the placements that follow these posts now."""
    wanted, dialect = set(keys), connection.dialect.name
    columns = (Placement.post_id, Placement.access_key, Placement.campaign_id, Placement.position, Placement.ends_at)
    placed = (
        select(*columns, Campaign.ends_at.label("campaign_ends_at"), Following.since)
        .join(Campaign, Campaign.id == Placement.campaign_id)
        .join(Following, and_(Following.placement_id == Placement.id, Following.until.is_(None)))
        .where(Placement.post_id.in_(bulk_parameters.ids(dialect)))
    )
    found = defaultdict[Key, list[Row[Any]]](list)
    given = bulk_parameters.parameters(dialect, id=sorted({key.post_id for key in wanted}))
    rows: Any = connection.execute(placed, given) if wanted else ()
    for row in rows:
        key = Key(row.post_id, row.access_key)
        if key in wanted:
            found[key].append(row)
    return found
