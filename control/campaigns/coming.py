"""What is measured next for placements, by their own campaign's plan alone: that others follow the same post, and when
it is measured for them, is nobody's business.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from control.campaigns import plan
from control.campaigns.plan import Count, Due, Followed, Plan
from control.reports import history
from crawler.store import bulk_parameters
from crawler.store.models.campaigns import Placement, PointKind
from crawler.store.models.posts import Reading


def find(connection: Connection, campaign: Row[Any], rows: Sequence[Row[Any]]) -> dict[int, Due]:
    """Return the next point of each of these placements, by its id, where one is to come."""
    followed = [row for row in rows if row.since is not None and row.handled_until is not None]
    last = _last_readings(connection, campaign.user_id, [row.id for row in followed])
    found = {row.id: _next(campaign, row, last.get(row.id, ())) for row in followed}
    return {id_: due for id_, due in found.items() if due}


def _next(campaign: Row[Any], row: Row[Any], last: tuple[Count, ...]) -> Due | None:
    ends = [end for end in (row.ends_at, campaign.ends_at) if end is not None]
    zone, until = ZoneInfo(campaign.time_zone), min(ends, default=None)
    followed = Followed(Plan.from_json(campaign.plan), zone, row.since, until, row.published_at, last)
    if row.kind == PointKind.FIRST and not last and plan.wanted(followed, row.due_at):
        return Due(row.due_at, PointKind.FIRST, row.from_at, row.late_at)
    again = row.again_at if row.again_at is not None and plan.wanted(followed, row.again_at) else None
    first = plan.next_due(followed, row.handled_until) if row.missing_at is None else None
    if again is not None and (first is None or again < first.at):
        return Due(again, PointKind.AGAIN, again, again + plan.TOLERANCE_SECONDS)
    return first


def _last_readings(connection: Connection, user_id: str, ids: Sequence[int]) -> dict[int, tuple[Count, ...]]:
    """Read the last two of each that the user may see, oldest first."""
    dialect = connection.dialect.name
    theirs = (Reading.post_id == Placement.post_id, Reading.access_key == Placement.access_key)
    newest = select(Reading.id).where(*theirs, history.seen_by(user_id)).correlate(Placement)
    newest = newest.order_by(Reading.measured_at.desc(), Reading.id.desc()).limit(1)
    pairs = select(Placement.id, newest.offset(1).scalar_subquery(), newest.scalar_subquery())
    pairs = pairs.where(Placement.id.in_(bulk_parameters.ids(dialect)))
    last = {id_: pair for id_, *pair in connection.execute(pairs, bulk_parameters.parameters(dialect, id=ids))}
    wanted = [id_ for pair in last.values() for id_ in pair if id_ is not None]
    found = select(Reading.id, Reading.measured_at, Reading.views).where(bulk_parameters.among(dialect, Reading.id))
    counts = {
        id_: Count(at, views)
        for id_, at, views in connection.execute(found, bulk_parameters.parameters(dialect, id=wanted))
    }
    return {id_: tuple(counts[each] for each in pair if each is not None) for id_, pair in last.items()}
