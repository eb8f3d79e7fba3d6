"""Users are told that a month of a campaign is over, and that what could be measured of it is."""

from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Engine, and_, exists, or_, select, update

from control.campaigns import events
from control.campaigns.events import WHOLE, Fact
from control.campaigns.plan import MONTH_END_SECONDS, MONTHLY, next_month
from control.times import DAY_SECONDS
from crawler.store.database import now, read_clock, reading, writing
from crawler.store.models.campaigns import Campaign, FollowedPost, Following, Placement, Point
from crawler.store.models.events import EventKind

EVERY_SECONDS = 60.0
PATIENCE_SECONDS = float(DAY_SECONDS)  # so long after its end a month is ready, whatever is still missing


class MonthTeller:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.next = 0.0

    def tell(self) -> None:
        """Look for months that are ready, unless that was done just now."""
        if monotonic() >= self.next:
            self.next = monotonic() + EVERY_SECONDS
            tell(self.engine)


def tell(engine: Engine) -> None:
    over = or_(Campaign.month_ends_at.is_(None), Campaign.month_ends_at <= now() - MONTH_END_SECONDS)
    with reading(engine) as connection:
        ids = connection.execute(select(Campaign.id).where(over).order_by(Campaign.id)).scalars().all()
    for campaign_id in ids:
        with writing(engine) as connection:
            _tell(connection, campaign_id)


def _tell(connection: Connection, campaign_id: int) -> None:
    """Tell of one campaign, and find the end of its next month. Of two schedulers the second finds it done."""
    columns = (Campaign.id, Campaign.time_zone, Campaign.month_ends_at)
    held = select(*columns).where(Campaign.id == campaign_id).with_for_update()
    row, present = connection.execute(held).first(), read_clock(connection)
    if row is None or (row.month_ends_at is not None and row.month_ends_at > present - MONTH_END_SECONDS):
        return
    zone, end = ZoneInfo(row.time_zone), row.month_ends_at
    if end is not None:
        if present < end + PATIENCE_SECONDS and connection.execute(select(_is_awaited(campaign_id, end))).scalar_one():
            return
        if connection.execute(select(_has_placements(campaign_id, end))).scalar_one():
            month = datetime.fromtimestamp(end - 1, zone).strftime("%Y-%m")
            events.write(connection, [Fact(EventKind.MONTH_READY, campaign_id, WHOLE, month, end, {"month": month})])
    later = next_month(present if end is None else end, zone)
    connection.execute(update(Campaign).where(Campaign.id == campaign_id).values(month_ends_at=later))


def _has_placements(campaign_id: int, end: float) -> ColumnElement[bool]:
    named = (Placement.campaign_id == campaign_id, Placement.post_id.is_not(None), Placement.added_at < end)
    return exists().where(*named)


def _is_awaited(campaign_id: int, end: float) -> ColumnElement[bool]:
    """Whether a reading on one of the sides of the month's end is still to come."""
    mine = (Placement.campaign_id == campaign_id, Following.placement_id == Placement.id, Following.until.is_(None))
    followed = and_(FollowedPost.post_id == Placement.post_id, FollowedPost.access_key == Placement.access_key)
    measured = and_(Point.post_id == Placement.post_id, Point.access_key == Placement.access_key)
    until = end + MONTH_END_SECONDS
    due = exists().where(*mine, followed, FollowedPost.kind.in_(MONTHLY), FollowedPost.due_at <= until)
    under_way = exists().where(
        *mine, measured, Point.kind.in_(MONTHLY), Point.due_at <= until, Point.settled_at.is_(None)
    )
    return or_(due, under_way)
