"""The last readings of many posts at once, as much as a small curve shows."""

from collections.abc import Sequence

from sqlalchemy import Connection, Text, cast, func, select

from control.reports import history
from crawler.store import bulk_parameters
from crawler.store.models.batches import Link
from crawler.store.models.posts import Reading

MOST = 12  # readings of a post

Points = list[tuple[float, int]]


def read(connection: Connection, user_id: str, link_ids: Sequence[int]) -> dict[int, Points]:
    """Return times and views, oldest first, by the user's links whose posts have two readings or more."""
    dialect = connection.dialect.name
    theirs = (Reading.post_id == Link.post_id, Reading.access_key == Link.access_key, history.seen_by(user_id))
    last = select(Reading.measured_at, Reading.views).where(*theirs).correlate(Link)
    last_ones = last.order_by(Reading.measured_at.desc(), Reading.id.desc()).limit(MOST).subquery()
    written = cast(last_ones.c.measured_at, Text) + ":" + cast(last_ones.c.views, Text)
    together = select(func.aggregate_strings(written, " ")).select_from(last_ones).scalar_subquery()
    links = select(Link.id, together).where(Link.id.in_(bulk_parameters.ids(dialect)))
    rows = connection.execute(links, bulk_parameters.parameters(dialect, id=list(link_ids)))
    points = {id_: sorted(map(_point, text.split())) for id_, text in rows if text}
    return {id_: found for id_, found in points.items() if len(found) > 1}


def _point(text: str) -> tuple[float, int]:
    moment, _, views = text.partition(":")
    return float(moment), int(views)
