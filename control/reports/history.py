"""The readings of a post that a user may see: those that the user's own links got, and those that were taken while one
of the user's placements followed the post.

Everything is asked through one of these links or placements. It tells the post, and the key with which its readings
were made.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from control.errors import NotFound
from control.reports import aliases
from control.reports.seen import Seen
from crawler.store.lookup import end_of_range, has_row
from crawler.store.models.batches import Batch, Link
from crawler.store.models.campaigns import Campaign, Following, Placement
from crawler.store.models.posts import KeptReading, Post, Reading

FOREVER = 1e12  # seconds since 1970
IN_ORDER = (Reading.measured_at, Reading.id)


class Subject(NamedTuple):
    """The post and key whose readings are asked for, through a link or a placement. A joint post has several ids.
    `published_at` is None if we do not know it.
    """

    user_id: str
    by: type[Link | Placement]
    named_by: int
    post_ids: tuple[int, ...]
    access_key: str
    published_at: float | None


class Place(NamedTuple):
    """Where a page of readings begins: after this one."""

    measured_at: float
    id: int


class Part(NamedTuple):
    """Readings from `since` until before `until`, in seconds since 1970, that come after a place."""

    since: float | None = None
    until: float | None = None
    after: Place | None = None


def of_post(connection: Connection, user_id: str, platform: str, key: str) -> Subject:
    """Raises NotFound where no link or placement of the user's names the post without a key, whoever else's does."""
    named = (Post.platform == platform, aliases.answers_to(key.replace("\0", "")))
    with suppress(NotFound):
        return _subject(connection, user_id, _links(user_id).where(*named, Link.access_key == ""), Link)
    return _subject(connection, user_id, _placements(user_id).where(*named, Placement.access_key == ""), Placement)


def of_link(connection: Connection, user_id: str, batch_id: int, position: int) -> Subject:
    """Raises NotFound where the batch has no such link, or it names no post."""
    link = _links(user_id).where(Link.batch_id == batch_id, Link.position == position)
    return _subject(connection, user_id, link, Link)


def of_placement(connection: Connection, user_id: str, placement_id: int) -> Subject:
    """Raises NotFound where this is no placement of the user's, or it names no post."""
    return _subject(connection, user_id, _placements(user_id).where(Placement.id == placement_id), Placement)


def _subject(
    connection: Connection, user_id: str, which: Select[*tuple[Any, ...]], by: type[Link | Placement]
) -> Subject:
    row = connection.execute(which.limit(1)).first()
    if row is None:
        raise NotFound("No link of yours names this post.")
    same = aliases.of(connection, by, [row.id])
    published_at = next((each.published_at for each in same if each.published_at is not None), None)
    return Subject(user_id, by, row.id, tuple(each.post_id for each in same), row.access_key, published_at)


def _links(user_id: str) -> Select[*tuple[Any, ...]]:
    columns = (Link.id, Link.access_key)
    named = select(*columns).join(Post, Post.id == Link.post_id).join(Batch, Batch.id == Link.batch_id)
    return named.where(Batch.user_id == user_id)


def _placements(user_id: str) -> Select[*tuple[Any, ...]]:
    columns = (Placement.id, Placement.access_key)
    named = select(*columns).join(Post, Post.id == Placement.post_id)
    return named.join(Campaign, Campaign.id == Placement.campaign_id).where(Campaign.user_id == user_id)


def seen_by(user_id: str) -> ColumnElement[bool]:
    """Whether a reading is one that a link of the user's ended with, this link deleted or not, or one that was taken
    while a placement of theirs followed the post.
    """
    ended = select(Link.id).where(Link.reading_id == Reading.id, Batch.id == Link.batch_id, Batch.user_id == user_id)
    kept = select(KeptReading.user_id).where(KeptReading.user_id == user_id, KeptReading.reading_id == Reading.id)
    placed = (Placement.post_id == Reading.post_id, Placement.access_key == Reading.access_key)
    meanwhile = (Following.since <= Reading.measured_at, func.coalesce(Following.until, FOREVER) > Reading.measured_at)
    followed = select(Placement.id).where(
        *placed,
        Campaign.id == Placement.campaign_id,
        Campaign.user_id == user_id,
        Following.placement_id == Placement.id,
        *meanwhile,
    )
    return or_(*(has_row(each.correlate(Reading)) for each in (ended, kept, followed)))


def asked_at(reading: type[Reading] = Reading) -> ColumnElement[float]:
    """When the request left, or, where nobody kept that, when it was answered."""
    return func.coalesce(reading.asked_at, reading.measured_at)


def of_seen(reading: type[Reading] = Reading, post: type[Post] = Post) -> tuple[ColumnElement[Any], ...]:
    """Return the fields of a `Seen`."""
    counts = (reading.views, reading.likes, reading.comments, reading.reposts)
    said = (post.published_at, post.edited_at, post.erid_lost_at)
    times = (asked_at(reading).label("asked_at"), reading.measured_at)
    return reading.id, *times, reading.source, *counts, *said  # type: ignore[return-value]


def readings(connection: Connection, subject: Subject, part: Part, at_once: int) -> Iterator[Seen]:
    """Read a part of them, oldest first, so many at a time."""
    found = [_after(connection, _within(each, part), part.after, at_once) for each in _all(subject)]
    return found[0] if len(found) == 1 else merge(*found, key=place_of)


def place_of(reading: Seen) -> Place:
    return Place(reading.measured_at, reading.id)


def _within(found: Select[*tuple[Any, ...]], part: Part) -> Select[*tuple[Any, ...]]:
    if part.since is not None:
        found = found.where(Reading.measured_at >= end_of_range(part.since))
    return found if part.until is None else found.where(Reading.measured_at < end_of_range(part.until))


def _after(
    connection: Connection, found: Select[*tuple[Any, ...]], after: Place | None, at_once: int
) -> Iterator[Seen]:
    while True:
        some = _seen(connection, _page(found, after).limit(at_once))
        yield from some
        if len(some) < at_once:
            return
        after = place_of(some[-1])


def _page(found: Select[*tuple[Any, ...]], after: Place | None) -> Select[*tuple[Any, ...]]:
    found = found.order_by(*IN_ORDER)
    if not after:
        return found
    moment = end_of_range(after.measured_at)
    same = and_(Reading.measured_at == moment, Reading.id > after.id)
    return found.where(Reading.measured_at >= moment, or_(Reading.measured_at > moment, same))


def earlier(connection: Connection, subject: Subject, place: Place) -> Seen | None:
    """Return the reading before this place."""
    return next(iter(backwards(connection, subject, place, 1)), None)


def backwards(connection: Connection, subject: Subject, before: Place | None, limit: int) -> Sequence[Seen]:
    """Read at most so many before a place, or of all, newest first."""
    found = (_seen(connection, _before(each, before).limit(limit)) for each in _all(subject))
    return list(islice(merge(*found, key=place_of, reverse=True), limit))


def _before(found: Select[*tuple[Any, ...]], place: Place | None) -> Select[*tuple[Any, ...]]:
    found = found.order_by(*(column.desc() for column in IN_ORDER))
    if not place:
        return found
    moment = end_of_range(place.measured_at)
    same = and_(Reading.measured_at == moment, Reading.id < place.id)
    return found.where(Reading.measured_at <= moment, or_(Reading.measured_at < moment, same))


def _seen(connection: Connection, found: Select[*tuple[Any, ...]]) -> list[Seen]:
    return list(map(Seen._make, connection.execute(found).all()))


def _all(subject: Subject) -> Iterator[Select[*tuple[Any, ...]]]:
    """One statement for each id of the post: an index has the readings of each in their order."""
    found = select(*of_seen()).join(Post, Post.id == Reading.post_id)
    found = found.where(Reading.access_key == subject.access_key, seen_by(subject.user_id))
    return (found.where(Reading.post_id == post_id) for post_id in subject.post_ids)
