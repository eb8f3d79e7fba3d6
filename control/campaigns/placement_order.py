"""The order of placements in a list: by what is stored with them or their posts, or by their last views.

A page begins after a placement, whose position is the cursor: its own value says where in the order that is.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, Select, and_, or_, select

from control.errors import FieldError, InvalidQuery
from control.reports import history
from crawler.store.models.campaigns import Placement
from crawler.store.models.posts import Post, Reading


class PlacementSort(StrEnum):
    """The order of placements; `-` reverses it. Those that have no such value come last."""

    POSITION = "position"
    POSITION_DOWN = "-position"
    BLOGGER = "blogger"
    BLOGGER_DOWN = "-blogger"
    DATE = "date"
    DATE_DOWN = "-date"
    COST = "cost"
    COST_DOWN = "-cost"
    ERID = "erid"
    ERID_DOWN = "-erid"
    BASELINE = "baseline"
    BASELINE_DOWN = "-baseline"
    ENDS_AT = "ends_at"
    ENDS_AT_DOWN = "-ends_at"
    PUBLISHED_AT = "published_at"
    PUBLISHED_AT_DOWN = "-published_at"
    VIEWS = "views"
    VIEWS_DOWN = "-views"

    @property
    def of_post(self) -> bool:
        return self.removeprefix("-") == "published_at"

    @property
    def of_readings(self) -> bool:
        """Whether the last readings of all placements are looked up to sort them."""
        return self.removeprefix("-") == "views"

    @property
    def down(self) -> bool:
        return self.startswith("-")


class Order(NamedTuple):
    """`value` is what placements of the campaign are sorted by."""

    campaign_id: int
    value: ColumnElement[Any]
    down: bool
    is_stored_so: bool  # an index has them in this order


def of(sort: PlacementSort, campaign: Row[Any]) -> Order:
    name = sort.removeprefix("-")
    if sort.of_readings:
        return Order(campaign.id, last_reading(campaign.user_id, Reading.views), sort.down, is_stored_so=False)
    column = getattr(Post if sort.of_post else Placement, name)
    return Order(campaign.id, column, sort.down, is_stored_so=name == PlacementSort.POSITION)


def last_reading(user_id: str, column: Any) -> ScalarSelect[Any]:
    """Select something of the last reading of a placement's post that the user may see."""
    theirs = (Reading.post_id == Placement.post_id, Reading.access_key == Placement.access_key)
    last = select(column).where(*theirs, history.seen_by(user_id)).order_by(Reading.measured_at.desc()).limit(1)
    return last.correlate(Placement).scalar_subquery()


def first(
    connection: Connection, order: Order, which: Select[*tuple[Any, ...]], after: int | None, limit: int
) -> Sequence[int]:
    """Return the ids of the first placements of these, or of those after a position."""
    if order.is_stored_so:
        place = order.value.desc() if order.down else order.value
        beyond = [] if after is None else [order.value < after if order.down else order.value > after]
        return connection.execute(which.where(*beyond).order_by(place).limit(limit)).scalars().all()
    # The values are found once: a planner would find them anew for each comparison.
    all_ = which.add_columns(Placement.position, order.value.label("value")).cte().prefix_with("MATERIALIZED")
    value, position = all_.c.value, all_.c.position
    found = select(all_.c.id).order_by(value.is_(None), value.desc() if order.down else value, position)
    if after is not None:
        found = found.where(_beyond(order, value, position, after, _value(connection, order, after)))
    return connection.execute(found.limit(limit)).scalars().all()


def _value(connection: Connection, order: Order, after: int) -> Any:
    """Return what the placement where the page begins is sorted by."""
    one = select(order.value).select_from(Placement).outerjoin(Post, Post.id == Placement.post_id)
    row = connection.execute(one.where(Placement.campaign_id == order.campaign_id, Placement.position == after)).first()
    if row is None:
        message = "This is no cursor of a page: its placement is not there any more."
        raise InvalidQuery(f"cursor: {message}", [FieldError(field="cursor", message=message)])
    return row[0]


def _beyond(order: Order, sorted_by: Any, position: Any, after: int, value: Any) -> ColumnElement[bool]:
    later = position > after
    if value is None:
        return and_(sorted_by.is_(None), later)
    beyond = sorted_by < value if order.down else sorted_by > value
    return or_(beyond, and_(sorted_by == value, later), sorted_by.is_(None))
