"""Due points become batches of the system's own, for all who follow the posts, and what comes of these is written down.

A post is asked once, however many follow it. Each step is one transaction: killed at any moment, nothing is lost and
nothing is measured twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, bindparam, exists, insert, select, update

from control.campaigns import next_points
from control.campaigns.next_points import ROW, Key
from control.campaigns.plan import MONTHLY, POSTS_A_CALL
from control.logs import get_logger
from control.scheduler import telling
from control.times import DAY_SECONDS
from crawler.platforms import address
from crawler.queue import erasure, line
from crawler.reasons import Reason
from crawler.store.database import MOMENT, now, read_clock, reading, upsert, writing
from crawler.store.models.accounts import User
from crawler.store.models.batches import Batch, Link
from crawler.store.models.campaigns import FollowedPost, Point, PointKind, SharedUser
from crawler.store.models.posts import Post

log = get_logger()

SHARED = tuple(SharedUser)
POINT_KEY = ["post_id", "access_key", "due_at", "kind"]
RETRYABLE = [reason for reason in Reason if reason.retryable]
ARE_DUE = exists().where(FollowedPost.due_at.is_not(None), FollowedPost.late_at <= MOMENT)
ARE_OPEN = exists().where(Point.settled_at.is_(None))
AT_ONCE = 50 * POSTS_A_CALL  # points of one transaction
MAY_AT_ONCE = 10 * POSTS_A_CALL  # among which those are chosen that fill a call
MONTHLY_AT_ONCE = 25 * POSTS_A_CALL  # what `execute` of VK measures: a month's end has to be over in minutes
DEADLINE_SECONDS = 900.0  # of a batch of points: what has no number by then is asked again later
OVERDUE_SECONDS = 120.0  # what is late by so much may hide further points that came up since
AGAIN_SECONDS = (600.0, 3600.0)  # a post that is not there is asked again so long after the first and the second time
GONE_TIMES = 3  # so often it was not there: it is gone, and asked once a day
LOOKS_AT_GONE = 7
BATCHES_AT_ONCE = 20  # that are removed in one round
KEPT_SECONDS = float(DAY_SECONDS)  # the links of points
WHETHER_DUE = select(ARE_DUE)
UNSETTLED = exists().where(Point.batch_id == Batch.id, Point.settled_at.is_(None))
OVER = select(Batch.id).where(Batch.closed_at.is_not(None), Batch.user_id.in_(SHARED), UNSETTLED).limit(BATCHES_AT_ONCE)


def gather(engine: Engine) -> int:
    """Make batches of what is due now; how many points they are."""
    with reading(engine) as connection:
        if not connection.execute(WHETHER_DUE).scalar_one():
            return 0
    with writing(engine) as connection:
        _catch_up(connection)
        batches = _full_calls(connection)
        moment = read_clock(connection)  # after that, so that none of them begins later
        for (platform, user), rows in batches.items():
            _make(connection, platform, user, rows, moment)
        return sum(map(len, batches.values()))


def _due(connection: Connection, most: int, *which: ColumnElement[bool]) -> list[Row[Any]]:
    """What may be taken now, the latest first; two schedulers take different ones."""
    rows = (
        select(FollowedPost, Post.platform, Post.key)
        .join(Post, Post.id == FollowedPost.post_id)
        .where(FollowedPost.due_at.is_not(None), FollowedPost.from_at <= MOMENT, *which)
    )
    ordered = rows.order_by(FollowedPost.late_at).limit(most)
    return list(connection.execute(ordered.with_for_update(of=FollowedPost, skip_locked=True)))


def _catch_up(connection: Connection) -> None:
    """Look whether other points of the overdue posts have come up since: the last of them is taken."""
    fixed = FollowedPost.kind.in_((PointKind.AGE, *MONTHLY))
    overdue = (FollowedPost.due_at.is_not(None), FollowedPost.late_at <= MOMENT - OVERDUE_SECONDS, fixed)
    free = select(FollowedPost.post_id).where(*overdue).limit(AT_ONCE).with_for_update(skip_locked=True)
    ids = connection.execute(free).scalars().all()
    if ids:
        next_points.schedule(connection, ids)


def _full_calls(connection: Connection) -> dict[tuple[str, SharedUser], list[Row[Any]]]:
    """Those that must be taken, and so many of those that may be that calls are full.

    What fills gaps comes last: however much of it waits, ages and the ends of months do not wait for it.
    """
    fills = FollowedPost.kind == PointKind.BETWEEN
    must = _due(connection, AT_ONCE, FollowedPost.late_at <= MOMENT, ~fills)
    if len(must) < AT_ONCE:
        must += _due(connection, AT_ONCE - len(must), FollowedPost.late_at <= MOMENT, fills)
    batches = _batches(must)
    for (platform, user), rows in batches.items():
        rows.extend(_more(connection, platform, user, len(rows)))
    return batches


def _more(connection: Connection, platform: str, user: SharedUser, taken: int) -> list[Row[Any]]:
    """Find what fills the last call of a batch: each batch is asked in calls of its own."""
    ends = user == SharedUser.MONTH_ENDS
    missing = -taken % (MONTHLY_AT_ONCE if ends else POSTS_A_CALL)
    if not missing:
        return []
    same = (Post.platform == platform, FollowedPost.kind.in_(MONTHLY) if ends else FollowedPost.kind.not_in(MONTHLY))
    may = _due(connection, max(missing, MAY_AT_ONCE), FollowedPost.late_at > MOMENT, *same)
    whole = (taken + len(may)) // POSTS_A_CALL * POSTS_A_CALL
    most = min(missing, whole - taken) if whole >= taken else missing
    return sorted(may, key=lambda row: row.kind == PointKind.BETWEEN)[:most]


def _batches(rows: Iterable[Row[Any]]) -> dict[tuple[str, SharedUser], list[Row[Any]]]:
    found = defaultdict[tuple[str, SharedUser], list[Row[Any]]](list)
    for row in rows:
        user = SharedUser.MONTH_ENDS if row.kind in MONTHLY else SharedUser.POINTS
        found[row.platform, user].append(row)
    return found


def _make(connection: Connection, platform: str, user: SharedUser, rows: list[Row[Any]], moment: float) -> None:
    """Make one batch, and note of each point that it is in it."""
    _ensure(connection, user)
    values = {"user_id": user, "platform": platform, "deadline_at": now() + DEADLINE_SECONDS}
    batch_id = connection.execute(insert(Batch).values(**values).returning(Batch.id)).scalar_one()
    line.enter(connection, user, batch_id, [platform])
    connection.execute(insert(Link), [_link(batch_id, position, row) for position, row in enumerate(rows)])
    points = [_point(row, batch_id, moment) for row in rows]
    new, anew = upsert(connection, Point), dict.fromkeys(("settled_at", "reading_id", "reason"))
    again = {**anew, "made_at": moment, "batch_id": batch_id}  # one that was noted before: else nobody would settle it
    connection.execute(new.on_conflict_do_update(index_elements=POINT_KEY, set_=again), points)
    none = dict.fromkeys(("kind", "due_at", "from_at", "late_at", "again_at"))
    taken = update(FollowedPost).where(*ROW).values(**none, handled_until=moment)
    connection.execute(taken, [{"post": row.post_id, "key": row.access_key} for row in rows])
    log.info("points gathered", points=len(rows), whose=user, platform=platform)


def _ensure(connection: Connection, which: SharedUser) -> None:
    """Make this user, if it is not there. Nobody can log in as one without a spelling; no name begins with a space."""
    new = upsert(connection, User).values(id=which, username=f" {which}", password_hash="")
    connection.execute(new.on_conflict_do_nothing())


def _link(batch_id: int, position: int, row: Row[Any]) -> dict[str, Any]:
    place = {"batch_id": batch_id, "position": position, "url": address(row.platform, row.key) or row.key}
    return place | {"platform": row.platform, "post_id": row.post_id, "access_key": row.access_key}


def _point(row: Row[Any], batch_id: int, moment: float) -> dict[str, Any]:
    key = {"post_id": row.post_id, "access_key": row.access_key, "kind": row.kind, "due_at": row.due_at}
    return key | {"made_at": moment, "batch_id": batch_id}


def settle(engine: Engine) -> int:
    """Write down what became of points whose batch is over, and find what is due next; how many they are."""
    with reading(engine) as connection:
        ids = connection.execute(OVER).scalars().all()
    return sum(_settle(engine, batch_id) for batch_id in ids)


def _settle(engine: Engine, batch_id: int) -> int:
    with writing(engine) as connection:
        mine = select(Batch.id).where(Batch.id == batch_id).with_for_update(skip_locked=True)
        if connection.execute(mine).first() is None:  # another scheduler is at it
            return 0
        same = and_(Link.post_id == Point.post_id, Link.access_key == Point.access_key, Link.batch_id == batch_id)
        columns = (Point.id, Point.post_id, Point.access_key, Link.reading_id, Link.reason, Link.finished_at)
        ended = select(*columns).join(Link, same).where(Point.batch_id == batch_id, Point.settled_at.is_(None))
        rows = connection.execute(ended.order_by(Point.post_id, Point.access_key)).all()
        if not rows:
            return 0
        telling.tell(connection, rows, _gone(connection, rows))
        written = update(Point).where(Point.id == bindparam("point"), Point.settled_at.is_(None))
        written = written.values(settled_at=now(), reading_id=bindparam("reading"), reason=bindparam("why"))
        found = [{"point": row.id, "reading": row.reading_id, "why": row.reason} for row in rows]
        connection.execute(written, found)
        next_points.note_missing(connection, [row.post_id for row in rows])
        _note_failures(connection, rows)
        next_points.schedule(connection, [row.post_id for row in rows], settled=True)
        return len(rows)


def _gone(connection: Connection, rows: Sequence[Any]) -> dict[Key, float]:
    """Find the posts of these that were not there for the last time before they are called gone, and since when."""
    missing = {Key(row.post_id, row.access_key) for row in rows if row.reason and row.reason not in RETRYABLE}
    columns = (FollowedPost.post_id, FollowedPost.access_key, FollowedPost.missing_at)
    almost = (FollowedPost.missing_times == GONE_TIMES - 1, FollowedPost.missing_at.is_not(None))
    found = select(*columns).where(*almost, FollowedPost.post_id.in_([key.post_id for key in missing]))
    since = {Key(row.post_id, row.access_key): row.missing_at for row in connection.execute(found)} if missing else {}
    return {key: since[key] for key in missing & since.keys()}


def _note_failures(connection: Connection, rows: Sequence[Any]) -> None:
    """Note of each post whether it was there, and when it is asked again if it brought no number."""
    before = _times_missing(connection, rows)
    values = [_asked_again(row, before.get(Key(row.post_id, row.access_key), 0)) for row in rows]
    noted = update(FollowedPost).where(*ROW).values(again_at=bindparam("again"), missing_times=bindparam("times"))
    connection.execute(noted, values)
    missing = update(FollowedPost).where(*ROW, FollowedPost.missing_at.is_(None)).values(missing_at=bindparam("since"))
    there = update(FollowedPost).where(*ROW).values(missing_at=None)
    for statement, which in ((missing, True), (there, False)):
        found = [value for value in values if bool(value["times"]) is which]
        if found:
            connection.execute(statement, found)


def _times_missing(connection: Connection, rows: Sequence[Any]) -> dict[Key, int]:
    columns = (FollowedPost.post_id, FollowedPost.access_key, FollowedPost.missing_times)
    found = select(*columns).where(FollowedPost.post_id.in_([row.post_id for row in rows]))
    return {Key(row.post_id, row.access_key): row.missing_times for row in connection.execute(found)}


def _asked_again(row: Any, missing: int) -> dict[str, Any]:
    key = {"post": row.post_id, "key": row.access_key, "since": row.finished_at}
    if row.reason is None:
        return key | {"again": None, "times": 0}
    if row.reason in RETRYABLE:
        wait = AGAIN_SECONDS[row.reason == Reason.VIEWS_HIDDEN]  # that is the post's own doing, and may stay so
        return key | {"again": row.finished_at + wait, "times": missing}
    return key | {"again": _next_look(row.finished_at, missing + 1), "times": missing + 1}


def _next_look(at: float, times: int) -> float | None:
    if times < GONE_TIMES:
        return at + AGAIN_SECONDS[times - 1]
    return at + DAY_SECONDS if times < GONE_TIMES + LOOKS_AT_GONE else None


def remove_old(engine: Engine) -> None:
    """Remove batches of points a day after they ended; their readings stay."""
    old = (Batch.user_id.in_(SHARED), Batch.closed_at < now() - KEPT_SECONDS, ~UNSETTLED)
    with reading(engine) as connection:
        ids = connection.execute(select(Batch.id).where(*old).limit(BATCHES_AT_ONCE)).scalars().all()
    for batch_id in ids:
        with writing(engine) as connection:
            erasure.erase_batch(connection, batch_id)
