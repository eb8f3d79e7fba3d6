"""The next point of followed posts, by the plans of everybody who follows them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, select, update

from control.campaigns import plan
from control.campaigns.plan import Count, Due, Followed, Plan
from crawler.reasons import Reason
from crawler.store import bulk_parameters
from crawler.store.database import read_clock, upsert
from crawler.store.models.campaigns import Campaign, FollowedPost, Following, Placement, Point, PointKind
from crawler.store.models.posts import Post, Reading

TOO_LATE = "too_late"  # why a point has no reading: nothing ran while it could be taken

ROW = (FollowedPost.post_id == bindparam("post"), FollowedPost.access_key == bindparam("key"))
NEXT = update(FollowedPost).where(*ROW)


class Key(NamedTuple):
    post_id: int
    access_key: str


def begin(connection: Connection, campaign_id: int, first: int) -> None:
    """Let the campaign's placements from this position on follow their posts, which are measured at once."""
    placed = and_(Placement.campaign_id == campaign_id, Placement.position >= first, Placement.post_id.is_not(None))
    since = select(Placement.id, Placement.added_at).where(placed)
    connection.execute(insert(Following).from_select(["placement_id", "since"], since))
    follow(connection, connection.execute(select(Placement.post_id, Placement.access_key).where(placed)).all())


def follow(connection: Connection, keys: Iterable[Any]) -> None:
    """Let posts be measured at once, and then by plan."""
    now = read_clock(connection)
    due = {"kind": PointKind.FIRST, "due_at": now, "from_at": now, "late_at": now}
    rows = [{"post_id": key[0], "access_key": key[1], **due} for key in sorted({tuple(key) for key in keys})]
    if rows:
        new = upsert(connection, FollowedPost)
        again = new.on_conflict_do_update(index_elements=["post_id", "access_key"], set_=due)
        connection.execute(again, rows)


def schedule(connection: Connection, post_ids: Sequence[int], *, settled: bool = False) -> None:
    """Find the next point of these posts, and forget those that nobody follows any more. `settled`: none of them is
    being measured.

    Of several that nobody took in time the last one is due; the others are noted as missed. The posts are locked before
    anything else is read, in one order: nobody takes a point, or begins to follow, meanwhile.
    """
    ids = sorted(set(post_ids))
    given = bulk_parameters.parameters(connection.dialect.name, id=ids)
    theirs = select(FollowedPost).where(_given(connection, FollowedPost.post_id))
    held = theirs.order_by(FollowedPost.post_id, FollowedPost.access_key).with_for_update()
    rows, now = connection.execute(held, given).all(), read_clock(connection)
    plans, last = _plans(connection, ids), _last_readings(connection, ids)
    next_, missed, unfollowed = [], [], []
    for row in rows:
        key = Key(row.post_id, row.access_key)
        if not plans[key]:
            unfollowed.append(_named(key))
            continue
        known = () if _waits(row, last[key], settled=settled) else last[key]
        due, late = _next([each._replace(last=known) for each in plans[key]], row, now)
        next_.append(_named(key) | _columns(due))
        missed += [_missed(key, each, now) for each in late]
    _execute(connection, delete(FollowedPost).where(*ROW), unfollowed)
    _execute(connection, NEXT.values({name: bindparam(name) for name in _columns(None)}), next_)
    _execute(connection, upsert(connection, Point).on_conflict_do_nothing(), missed)


def _waits(row: Row[Any], last: tuple[Count, ...], *, settled: bool) -> bool:
    """Whether a reading is about to come, so that no gap is filled: it is asked again, or is being measured."""
    measured = settled or row.kind is not None or not last or last[-1].at >= row.handled_until
    return row.again_at is not None or not measured


def _next(followed: list[Followed], row: Row[Any], now: float) -> tuple[Due | None, list[Due]]:
    """Return the next point, and those that are missed."""
    if row.kind == PointKind.FIRST and any(each.until is None or row.due_at <= each.until for each in followed):
        return Due(row.due_at, PointKind.FIRST, row.from_at, row.late_at), []
    again = _again(row)
    if again and not any(plan.wanted(each, again.at) for each in followed):
        again = None
    if row.missing_at is not None:
        return again, []
    after = row.handled_until
    late = sorted({due for each in followed for due in plan.overdue(each, after, now)})
    if late:
        return late[-1], late[:-1]
    found = [due for each in followed if (due := plan.next_due(each, after))]
    return min([*found, again] if again else found, default=None), []


def _again(row: Row[Any]) -> Due | None:
    if row.again_at is None:
        return None
    return Due(row.again_at, PointKind.AGAIN, row.again_at, row.again_at + plan.TOLERANCE_SECONDS)


def _plans(connection: Connection, post_ids: Sequence[int]) -> dict[Key, list[Followed]]:
    """Read who follows the posts now, and by which plan."""
    columns = (Placement.post_id, Placement.access_key, Placement.ends_at, Post.published_at)
    campaign = (Campaign.plan, Campaign.time_zone, Campaign.ends_at.label("campaign_ends_at"))
    followed = (
        select(*columns, *campaign, func.min(Following.since).label("since"))
        .join(Campaign, Campaign.id == Placement.campaign_id)
        .join(Post, Post.id == Placement.post_id)
        .join(Following, and_(Following.placement_id == Placement.id, Following.until.is_(None)))
        .where(_given(connection, Placement.post_id))
        .group_by(*columns, Campaign.id)  # one post may be placed many times in a campaign
    )
    found = defaultdict[Key, list[Followed]](list)
    for row in connection.execute(followed, bulk_parameters.parameters(connection.dialect.name, id=post_ids)):
        ends = [end for end in (row.ends_at, row.campaign_ends_at) if end is not None]
        zone, until = ZoneInfo(row.time_zone), min(ends, default=None)
        each = Followed(Plan.from_json(row.plan), zone, row.since, until, row.published_at)
        found[Key(row.post_id, row.access_key)].append(each)
    return found


def _last_readings(connection: Connection, post_ids: Sequence[int]) -> dict[Key, tuple[Count, ...]]:
    """Read the last two of each, oldest first."""
    theirs = select(Reading.id).where(
        Reading.post_id == FollowedPost.post_id, Reading.access_key == FollowedPost.access_key
    )
    newest = theirs.order_by(Reading.measured_at.desc(), Reading.id.desc()).limit(1)
    ids = select(newest.scalar_subquery().label("last"), newest.offset(1).scalar_subquery().label("before"))
    given = bulk_parameters.parameters(connection.dialect.name, id=post_ids)
    pairs = connection.execute(ids.where(_given(connection, FollowedPost.post_id)), given).all()
    wanted = [id_ for pair in pairs for id_ in pair if id_ is not None]
    columns = (Reading.post_id, Reading.access_key, Reading.measured_at, Reading.views)
    among = bulk_parameters.among(connection.dialect.name, Reading.id)
    found = select(*columns).where(among).order_by(Reading.measured_at, Reading.id)
    last = defaultdict[Key, tuple[Count, ...]](tuple)
    for row in connection.execute(found, bulk_parameters.parameters(connection.dialect.name, id=wanted)):
        last[Key(row.post_id, row.access_key)] += (Count(row.measured_at, row.views),)
    return last


def _given(connection: Connection, column: Any) -> Any:
    return column.in_(bulk_parameters.ids(connection.dialect.name))


def _named(key: Key) -> dict[str, Any]:
    return {"post": key.post_id, "key": key.access_key}


def _columns(due: Due | None) -> dict[str, Any]:
    if due is None:
        return dict.fromkeys(("kind", "due_at", "from_at", "late_at"))
    return {"kind": due.kind, "due_at": due.at, "from_at": due.from_at, "late_at": due.late_at}


def note_missing(connection: Connection, post_ids: Sequence[int]) -> None:
    """Note the points that came up while the platform said that a post is not there: only looks were taken of it."""
    ids = sorted(set(post_ids))
    given = bulk_parameters.parameters(connection.dialect.name, id=ids)
    away = select(FollowedPost).where(_given(connection, FollowedPost.post_id), FollowedPost.missing_at.is_not(None))
    rows = connection.execute(away, given).all()
    if not rows:
        return
    plans, now = _plans(connection, sorted({row.post_id for row in rows})), read_clock(connection)
    missed = []
    for row in rows:
        key = Key(row.post_id, row.access_key)
        late = {due for each in plans[key] for due in plan.overdue(each, row.missing_at, now)}
        missed += [_missed(key, due, now, Reason.NOT_FOUND) for due in sorted(late)]
    _execute(connection, upsert(connection, Point).on_conflict_do_nothing(), missed)


def _missed(key: Key, due: Due, now: float, reason: str = TOO_LATE) -> dict[str, Any]:
    times = {"due_at": due.at, "made_at": now, "settled_at": now}
    return {**key._asdict(), "kind": due.kind, **times, "reason": reason}


def _execute(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
