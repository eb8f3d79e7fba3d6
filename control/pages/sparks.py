"""Small curves in a table of links or placements: what was read of each post, where that is more than one number."""

from collections.abc import Iterable
from typing import Any

from control.pages import chart, frame
from control.pages.chart import Point
from control.reports import sparklines
from control.web import page_sessions
from crawler.store.models.batches import Link
from crawler.store.models.campaigns import Placement

WIDTH, HEIGHT = 80, 22


def of_links(connection: Any, link_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return, by link, a curve for an SVG, and its numbers for who cannot see it."""
    return _of(connection, link_ids, Link)


def of_placements(connection: Any, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    return _of(connection, ids, Placement)


def _of(connection: Any, ids: Iterable[int], by: type[Link | Placement]) -> dict[int, tuple[str, str]]:
    curves = sparklines.read(connection, page_sessions.user().user_id, list(ids), by)
    return {id_: _drawn(points) for id_, points in curves.items()}


def _drawn(points: sparklines.Points) -> tuple[str, str]:
    curve = chart.sparkline([Point(*point) for point in points], WIDTH, HEIGHT)
    number = frame.context()["number"]
    return curve, " → ".join(number(views) for _, views in points)
