"""The last readings of many posts at once, as much as a small curve shows."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, cast, func, select

from control.reports import aliases, history
from crawler.store import bulk_parameters
from crawler.store.models.batches import Link
from crawler.store.models.campaigns import Placement
from crawler.store.models.posts import Reading

MOST = 12  # readings of a post

Points = list[tuple[float, int]]


def read(
    connection: Connection, user_id: str, ids: Sequence[int], by: type[Link | Placement] = Link
) -> dict[int, Points]:
    """Return times and views, oldest first, by the user's links or placements whose posts have two readings or more."""
    dialect, given = connection.dialect.name, aliases.pairs(connection, by, ids)
    rows = connection.execute(_last(dialect, by), {"user": user_id, **bulk_parameters.parameters(dialect, **given)})
    points: dict[int, Points] = defaultdict(list)
    for id_, text in rows:
        points[id_] += map(_point, (text or "").split())
    return {id_: sorted(found)[-MOST:] for id_, found in points.items() if len(found) > 1}


@cache
def _last(dialect: str, by: type[Link | Placement]) -> Select[*tuple[Any, ...]]:
    user: Any = bindparam("user")
    given = bulk_parameters.table(dialect, "named_by", "post")
    theirs = (Reading.post_id == given.c.post, Reading.access_key == by.access_key, history.seen_by(user))
    last = select(Reading.measured_at, Reading.views).where(*theirs).correlate(given, by)
    last_ones = last.order_by(Reading.measured_at.desc(), Reading.id.desc()).limit(MOST).subquery()
    written = cast(last_ones.c.measured_at, Text) + ":" + cast(last_ones.c.views, Text)
    together = select(func.aggregate_strings(written, " ")).select_from(last_ones).scalar_subquery()
    return select(given.c.named_by, together).join(by, by.id == given.c.named_by)


def _point(text: str) -> tuple[float, int]:
    moment, _, views = text.partition(":")
    return float(moment), int(views)
