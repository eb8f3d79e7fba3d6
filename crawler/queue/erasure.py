"""Batches that are removed, and readings that go with the last link to their post.

A reading goes when no link and no placement of anybody names its post with its key any more, under any address of a
joint post. Who has another link to the post goes on seeing what the removed ones ended with.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, literal, or_, select, update

from crawler.queue import line
from crawler.queue.cancellation import end
from crawler.reasons import Reason
from crawler.store import bulk_parameters
from crawler.store.bulk_parameters import hidden_from_planner
from crawler.store.database import upsert
from crawler.store.joint_posts import ARE_JOINT, OWN, SAME
from crawler.store.lookup import looked_up
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch, Link
from crawler.store.models.campaigns import Placement, Point, SharedUser
from crawler.store.models.posts import KeptReading, Reading
from crawler.store.models.runs import Run, RunState

NAMES_POST = and_(Link.post_id == Reading.post_id, Link.access_key == Reading.access_key)
FOLLOWS_POST = and_(Placement.post_id == Reading.post_id, Placement.access_key == Reading.access_key)
JOINT = (ARE_JOINT, OWN.id == Reading.post_id)
NAMES_IT_OTHERWISE = and_(*JOINT, Link.post_id == SAME.id, Link.access_key == Reading.access_key)
FOLLOWS_IT_OTHERWISE = and_(*JOINT, Placement.post_id == SAME.id, Placement.access_key == Reading.access_key)
FOLLOWED = exists().where(Placement.post_id == Link.post_id, Placement.access_key == Link.access_key)


def erase_batch(connection: Connection, batch_id: int) -> None:
    """Remove a batch with its links and its runs, which are ended first: from then on nobody writes."""
    user_id = connection.execute(select(Batch.user_id).where(Batch.id == batch_id)).scalar()
    _end_runs(connection, batch_id)
    which = Link.batch_id == batch_id
    shared = user_id in tuple(SharedUser)
    ended = select(Link.reading_id).where(which, Link.reading_id.is_not(None))
    seen = sorted({id_ for id_ in connection.execute(ended).scalars() if id_ is not None})
    readings = _of_posts(connection, and_(which, ~FOLLOWED) if shared else which)  # most are followed, and stay
    connection.execute(delete(Link).where(which))
    _forget(connection, readings)
    if user_id is not None and not shared:
        _keep(connection, user_id, seen)
        _keep_no_more(connection, user_id, readings.plain + readings.joint)
    gone = delete(Batch).where(Batch.id == batch_id).returning(Batch.user_id, Batch.stored_bytes)
    for owner, freed in connection.execute(gone).all():
        less = update(User).where(User.id == owner).values(stored_bytes=User.stored_bytes - freed)
        connection.execute(less)
        line.leave(connection, [owner])


def erase_links(connection: Connection, batch_id: int, most: int) -> bool:
    """Remove so many links of a batch whose user is leaving; whether there may be more."""
    _end_runs(connection, batch_id)
    ids = connection.execute(select(Link.id).where(Link.batch_id == batch_id).limit(most)).scalars().all()
    if len(ids) < most:
        return False
    dialect = connection.dialect.name
    given, values = Link.id.in_(bulk_parameters.ids(dialect)), bulk_parameters.parameters(dialect, id=ids)
    readings = _of_posts(connection, given, values)
    connection.execute(delete(Link).where(given), values)
    _forget(connection, readings)
    return True


def forget_posts(connection: Connection, post_ids: Sequence[int]) -> None:
    """Remove the readings of these posts that nobody names any more, and the points that nobody's placement had."""
    given, ids = bulk_parameters.parameters(connection.dialect.name, id=post_ids), bulk_parameters.ids
    pairs = select(OWN.id, SAME.id).join(SAME, ARE_JOINT).where(OWN.id.in_(ids(connection.dialect.name)))
    _forget(connection, _sorted(connection, _of(connection, post_ids), pairs, given))
    placed = exists().where(Placement.post_id == Point.post_id, Placement.access_key == Point.access_key)
    points = delete(Point).where(Point.post_id.in_(ids(connection.dialect.name)), ~placed)
    connection.execute(points, given)


def _end_runs(connection: Connection, batch_id: int) -> None:
    connection.execute(end(Run.batch_id == batch_id, RunState.FINISHED, Reason.CANCELLED))


class _Readings(NamedTuple):
    """By their ids. `joint` are those of joint posts, which take longer to look after."""

    plain: list[int]
    joint: list[int]


def _of_posts(connection: Connection, which: ColumnElement[bool], values: Any = None) -> _Readings:
    """Return all readings of the posts that these links name, got with the same keys, and all of joint posts."""
    named = and_(looked_up(Reading.post_id, Link.post_id), Reading.access_key == Link.access_key)
    found = select(Reading.id).select_from(Link).join(Reading, named).where(which)
    pairs = select(OWN.id, SAME.id).select_from(Link).join(OWN, OWN.id == Link.post_id).join(SAME, ARE_JOINT)
    return _sorted(connection, connection.execute(found, values).scalars(), pairs.where(which), values)


def _sorted(connection: Connection, readings: Iterable[int], pairs: Select[*tuple[Any, ...]], values: Any) -> _Readings:
    posts = {id_ for pair in connection.execute(pairs, values) for id_ in pair}
    joint = set(_of(connection, sorted(posts))) if posts else set()
    return _Readings(sorted(set(readings) - joint), sorted(joint))


def _of(connection: Connection, post_ids: Sequence[int]) -> Sequence[int]:
    dialect = connection.dialect.name
    theirs = select(Reading.id).where(Reading.post_id.in_(bulk_parameters.ids(dialect)))
    return connection.execute(theirs, bulk_parameters.parameters(dialect, id=post_ids)).scalars().all()


def _forget(connection: Connection, readings: _Readings) -> None:
    """Remove those of them whose post nobody names any more."""
    _remove(connection, readings.plain, (NAMES_POST, FOLLOWS_POST))
    _remove(connection, readings.joint, (NAMES_POST, FOLLOWS_POST, NAMES_IT_OTHERWISE, FOLLOWS_IT_OTHERWISE))


def _remove(connection: Connection, readings: Sequence[int], names: Iterable[ColumnElement[bool]]) -> None:
    """Remove those of them for which none of these is true.

    They are locked before they are removed: a new link may be about to end with one, and is seen once we hold it.
    """
    dialect = connection.dialect.name
    given = bulk_parameters.among(dialect, Reading.id)
    unnamed = (given, *(~exists().where(each).correlate(Reading) for each in names))
    held = select(Reading.id).where(*unnamed).order_by(Reading.id).with_for_update()
    ids = connection.execute(held, bulk_parameters.parameters(dialect, id=readings)).scalars().all()
    gone = delete(Reading).where(*unnamed).returning(Reading.id)
    ids = connection.execute(gone, bulk_parameters.parameters(dialect, id=ids)).scalars().all()
    kept = delete(KeptReading).where(KeptReading.reading_id.in_(bulk_parameters.ids(dialect)))
    connection.execute(kept, bulk_parameters.parameters(dialect, id=ids))


def _keep(connection: Connection, user_id: str, readings: Sequence[int]) -> None:
    """Let the user go on seeing those of them whose post another link of theirs names."""
    dialect = connection.dialect.name
    given = (bulk_parameters.among(dialect, Reading.id), _named_by(user_id))
    rows = select(literal(user_id), Reading.id).where(*given)
    new = upsert(connection, KeptReading).from_select(["user_id", "reading_id"], rows).on_conflict_do_nothing()
    connection.execute(new, bulk_parameters.parameters(dialect, id=readings))


def _keep_no_more(connection: Connection, user_id: str, readings: Sequence[int]) -> None:
    """Take from the user what they see of posts that no link of theirs names any more."""
    dialect = connection.dialect.name
    unnamed = select(Reading.id).where(bulk_parameters.among(dialect, Reading.id), ~_named_by(user_id))
    gone = delete(KeptReading).where(KeptReading.user_id == user_id, KeptReading.reading_id.in_(unnamed))
    connection.execute(gone, bulk_parameters.parameters(dialect, id=readings))


def _named_by(user_id: str) -> ColumnElement[bool]:
    theirs = (Batch.id == Link.batch_id, Batch.user_id == user_id)
    names = (NAMES_POST, NAMES_IT_OTHERWISE)
    return or_(*(hidden_from_planner(exists().where(each, *theirs).correlate(Reading)) for each in names))
