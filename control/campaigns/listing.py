"""The placements of a campaign as a table: filtered, sorted by what is stored with them, and read page by page.

A page begins after a placement, whose position is the cursor: its own value says where in the order that is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, literal, or_, select

from control.batches.link_rows import pattern
from control.campaigns import placement_order
from control.campaigns.own_columns import MOST_CHARACTERS
from control.campaigns.placement_order import PlacementSort
from control.campaigns.plan import Plan
from control.errors import NotFound
from crawler.store import bulk_parameters
from crawler.store.database import ESCAPE, folded, now
from crawler.store.models.campaigns import FollowedPost, Following, Placement, PlacementRow, PointKind
from crawler.store.models.posts import Post, Reading

FOREVER = 1e12  # seconds since 1970
FOLLOWED = and_(FollowedPost.post_id == Placement.post_id, FollowedPost.access_key == Placement.access_key)
IS_NEW = func.coalesce(FollowedPost.kind, "") == PointKind.FIRST  # what is known of the post, others have found


class PlacementState(StrEnum):
    """What becomes of a placement now; of several the first one counts."""

    REJECTED = "rejected"  # it names no post that could be followed
    PAUSED = "paused"
    ENDED = "ended"  # its own end, or its campaign's, or the age up to which the plan follows a post
    MISSING = "missing"  # the platform says that the post is not there
    FOLLOWED = "followed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`text` is contained in a link, a blogger's name or an erid, in any case. `after` is a position."""

    state: PlacementState | None = None
    text: str = ""
    sort: PlacementSort = field(default=PlacementSort.POSITION)
    after: int | None = None
    limit: int = 100


class Page(NamedTuple):
    rows: list[Row[Any]]
    next_cursor: int | None  # a position


def read(connection: Connection, campaign: Row[Any], wanted: Wanted) -> Page:
    """Read a page of a campaign's placements. Raises InvalidQuery if the cursor's placement is not there any more.

    Which they are is found first: to look up the numbers of all placements, only to sort them by something else, would
    take most of a second in a large campaign.
    """
    order = placement_order.of(wanted.sort, campaign)
    places = placement_order.first(connection, order, _which(campaign, wanted), wanted.after, wanted.limit + 1)
    found = _in_order(connection, campaign, places)
    fitting = min(wanted.limit, _fitting(found))
    return Page(found[:fitting], found[fitting - 1].position if len(found) > fitting else None)


def _which(campaign: Row[Any], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """Select the placements that are wanted, with no more tables than tell that."""
    some = select(Placement.id).where(Placement.campaign_id == campaign.id, *_matching(campaign, wanted))
    if wanted.state or wanted.sort.of_post:
        some = some.outerjoin(Post, Post.id == Placement.post_id)
    return some.outerjoin(FollowedPost, FOLLOWED) if wanted.state else some


def _in_order(connection: Connection, campaign: Row[Any], places: Sequence[int]) -> list[Row[Any]]:
    dialect = connection.dialect.name
    some = rows(campaign.user_id, campaign).where(Placement.id.in_(bulk_parameters.ids(dialect)))
    found = {row.id: row for row in connection.execute(some, bulk_parameters.parameters(dialect, id=places))}
    return [found[id_] for id_ in places]


def find(connection: Connection, campaign: Row[Any], position: int) -> Row[Any]:
    """Raises NotFound."""
    one = rows(campaign.user_id, campaign)
    row = connection.execute(
        one.where(Placement.campaign_id == campaign.id, Placement.position == position)
    ).one_or_none()
    if row is None:
        raise NotFound("This campaign has no such placement.")
    return row


def ids(connection: Connection, campaign_id: int, positions: Sequence[int]) -> list[int]:
    """Return the ids of the placements at these positions, as far as they are there."""
    dialect = connection.dialect.name
    found = select(Placement.id).where(
        Placement.campaign_id == campaign_id, Placement.position.in_(bulk_parameters.ids(dialect))
    )
    return list(connection.execute(found, bulk_parameters.parameters(dialect, id=positions)).scalars())


def _fitting(found: list[Row[Any]]) -> int:
    """Count the rows, from the first on, whose own columns fit into one answer: at least one."""
    left = MOST_CHARACTERS
    for count, row in enumerate(found):
        left -= row.stored_bytes or 0
        if left < 0 and count:
            return count
    return len(found)


def _matching(campaign: Row[Any], wanted: Wanted) -> list[ColumnElement[bool]]:
    which = [_state(campaign) == wanted.state] if wanted.state else []
    if wanted.text:
        like = pattern(wanted.text.lower())
        texts = (Placement.url, func.coalesce(Placement.blogger, ""), func.coalesce(Placement.erid, ""))
        which.append(or_(*(folded(text).like(like, escape=ESCAPE) for text in texts)))
    return which


def _state(campaign: Row[Any]) -> ColumnElement[str]:
    begin = func.coalesce(Post.published_at, Placement.added_at)
    plans_end = begin + Plan.from_json(campaign.plan).until
    own_end = func.coalesce(Placement.ends_at, FOREVER)
    ended = or_(own_end <= now(), plans_end <= now(), literal(campaign.ends_at or FOREVER) <= now())
    return case(
        (Placement.post_id.is_(None), PlacementState.REJECTED),
        (Placement.paused_at.is_not(None), PlacementState.PAUSED),
        (ended, PlacementState.ENDED),
        (and_(FollowedPost.missing_at.is_not(None), ~IS_NEW), PlacementState.MISSING),
        else_=PlacementState.FOLLOWED,
    )


def rows(user_id: str, campaign: Row[Any]) -> Select[*tuple[Any, ...]]:
    """Select placements, each with its last reading that the user may see, and what is known of its post."""
    last = placement_order.last_reading(user_id, Reading.id)
    counts = (Reading.views, Reading.likes, Reading.comments, Reading.reposts, Reading.measured_at, Reading.source)
    next_ = (
        *(FollowedPost.kind, FollowedPost.due_at, FollowedPost.from_at, FollowedPost.late_at),
        *(FollowedPost.missing_at, FollowedPost.again_at, FollowedPost.handled_until),
    )
    since = select(func.min(Following.since)).where(Following.placement_id == Placement.id, Following.until.is_(None))
    said = (Post.key, Post.published_at, Post.erids)
    in_file = (PlacementRow.row_number, PlacementRow.stored_bytes)
    state = _state(campaign).label("state")
    return (
        select(
            Placement,
            literal(user_id).label("user_id"),
            *in_file,
            *said,
            *next_,
            *counts,
            state,
            since.scalar_subquery().label("since"),
        )
        .outerjoin(PlacementRow, PlacementRow.placement_id == Placement.id)
        .outerjoin(Post, Post.id == Placement.post_id)
        .outerjoin(FollowedPost, FOLLOWED)
        .outerjoin(Reading, Reading.id == last)
    )
