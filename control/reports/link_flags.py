"""The flags of many links at once: of the reading that each ended with, and of its post."""

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from control.reports import aliases, flags, history
from control.reports.aliases import Aliases
from control.reports.flags import ReadingFlag
from control.reports.seen import Seen
from crawler.reasons import Reason
from crawler.store import bulk_parameters
from crawler.store.lookup import looked_up, once
from crawler.store.models.batches import Batch, Link
from crawler.store.models.posts import Post, Reading

FIELDS = len(Seen._fields)
GONE = (Reason.NOT_FOUND, Reason.DELETED, Reason.PRIVATE)
ASKED, READ = aliased(Link), aliased(Reading)
OWN, BEFORE = aliased(Reading), aliased(Reading)
POST_OWN, POST_BEFORE = aliased(Post), aliased(Post)


def read(connection: Connection, user_id: str, link_ids: Sequence[int]) -> dict[int, list[ReadingFlag]]:
    """Return them by the ids of these links of the user's; a link without any is left out."""
    return of_aliases(connection, user_id, aliases.of(connection, Link, link_ids))


def of_aliases(connection: Connection, user_id: str, same: Aliases) -> dict[int, list[ReadingFlag]]:
    """Return the same, by the rows of the links' posts."""
    rows = _rows(connection, user_id, same)
    gone = _gone(connection, user_id, {row.post_id for row in rows})
    found = {id_: _flags(list(same), gone) for id_, same in groupby(rows, key=lambda row: row.id)}
    return {id_: odd for id_, odd in found.items() if odd}


def _rows(connection: Connection, user_id: str, same: Aliases) -> list[Row[Any]]:
    """Return those of a link one after the other: one for each id of its post of which the user sees a reading."""
    dialect, given = connection.dialect.name, aliases.columns(same)
    rows = connection.execute(_around(dialect), {"user": user_id, **bulk_parameters.parameters(dialect, **given)})
    return sorted((row for row in rows if row.last_at is not None), key=lambda row: row.id)


def _flags(rows: list[Row[Any]], gone: dict[tuple[int, str], float]) -> list[ReadingFlag]:
    own, befores = _own(rows[0]), [before for before in map(_before, rows) if before]
    odd = flags.of_reading(own, max(befores, key=history.place_of, default=None)) if own else []
    gone_at = gone.get((rows[0].post_id, rows[0].access_key), 0.0)
    return [*odd, ReadingFlag.GONE] if gone_at > max(row.last_at for row in rows) else odd


def _own(row: Row[Any]) -> Seen | None:
    return _seen(row[-2 * FIELDS : -FIELDS])


def _before(row: Row[Any]) -> Seen | None:
    return _seen(row[-FIELDS:])


def _seen(cells: Sequence[Any]) -> Seen | None:
    return None if cells[0] is None else Seen._make(cells)


def _gone(connection: Connection, user_id: str, posts: set[int]) -> dict[tuple[int, str], float]:
    """Return when links of the user's last found these posts gone, by post and key.

    Each post is looked at once: a hundred thousand links of a batch may name the same one.
    """
    dialect = connection.dialect.name
    given = {"user": user_id, **bulk_parameters.parameters(dialect, id=sorted(posts))}
    rows = connection.execute(_found_gone(dialect), given)
    return {(post, key): moment for post, key, moment in rows if moment is not None}


@cache
def _found_gone(dialect: str) -> Select[*tuple[Any, ...]]:
    wanted = bulk_parameters.hidden_from_planner(and_(Link.reason.in_(GONE), Batch.user_id == bindparam("user")))
    found = select(Link.post_id, Link.access_key, func.max(Link.finished_at)).join(Batch, Batch.id == Link.batch_id)
    found = found.where(Link.post_id.in_(bulk_parameters.ids(dialect)), wanted)
    return found.group_by(Link.post_id, Link.access_key)


@cache
def _around(dialect: str) -> Select[*tuple[Any, ...]]:
    """Find of each link, for each id of its post, the last reading's time, the link's own one and that before it."""
    user: Any = bindparam("user")
    given = bulk_parameters.table(dialect, "named_by", "post")
    seen = (Reading.post_id == given.c.post, Reading.access_key == ASKED.access_key, history.seen_by(user))
    newest = Reading.measured_at.desc()
    last = select(Reading.measured_at).where(*seen).order_by(newest).limit(1)
    before = select(Reading.id).where(*seen, Reading.measured_at < READ.measured_at).order_by(newest).limit(1)
    named = select(ASKED.id, ASKED.post_id, ASKED.access_key, ASKED.reading_id).select_from(given)
    named = named.join(ASKED, ASKED.id == given.c.named_by).outerjoin(READ, looked_up(READ.id, ASKED.reading_id))
    named = named.add_columns(last.correlate(given, ASKED).scalar_subquery().label("last_at"))
    ids = once(named.add_columns(before.correlate(given, ASKED, READ).scalar_subquery().label("before")))
    fields = (*history.of_seen(OWN, POST_OWN), *history.of_seen(BEFORE, POST_BEFORE))
    found = select(ids.c.id, ids.c.post_id, ids.c.access_key, ids.c.last_at, *fields).select_from(ids)
    found = found.outerjoin(OWN, looked_up(OWN.id, ids.c.reading_id)).outerjoin(POST_OWN, POST_OWN.id == OWN.post_id)
    found = found.outerjoin(BEFORE, looked_up(BEFORE.id, ids.c.before))
    return found.outerjoin(POST_BEFORE, POST_BEFORE.id == BEFORE.post_id)
