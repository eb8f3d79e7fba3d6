"""Which placements of a campaign are wanted, read from the address. A parameter that makes no sense is ignored."""

from typing import Any

from flask import request

from control.campaigns.listing import PlacementState, Wanted
from control.campaigns.placement_order import PlacementSort
from control.pages import addresses
from crawler.queue.acceptance import storable

FILTERS = ("state", "q", "sort")
LONGEST_TEXT = 200
LONGEST_CURSOR = 9  # digits
ON_A_PAGE = 15


def wanted() -> Wanted:
    given = request.args
    state, sort, cursor = given.get("state"), given.get("sort"), given.get("cursor", "")
    is_position = cursor.isascii() and cursor.isdecimal() and len(cursor) <= LONGEST_CURSOR
    return Wanted(
        state=PlacementState(state) if state in set(PlacementState) else None,
        text=storable(given.get("q", "").strip()[:LONGEST_TEXT]),
        sort=PlacementSort(sort) if sort in set(PlacementSort) else PlacementSort.POSITION,
        after=int(cursor) if is_position else None,
        limit=ON_A_PAGE,
    )


def links(path: str) -> dict[str, Any]:
    """Return what the template needs to link to the table that stands there."""
    given = request.args
    return {"there": addresses.of_table(path, FILTERS), "filtered": bool(given.get("state") or given.get("q"))}
