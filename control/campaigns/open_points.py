"""What is still to be measured for the end of a month: until then its number may become better."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select

from control.campaigns.month_report import Report
from control.campaigns.plan import MONTH_END_SECONDS, Plan
from crawler.store.models.campaigns import Campaign, FollowedPost, Following, Placement, Point, PointKind

AGAIN_SECONDS = 7_200.0  # in this time a post that was not there is asked twice more


def count(connection: Connection, report: Report) -> int:
    """Count the posts that the campaign follows over the end of a month, and that are due for it or being measured.

    None where its own plan does not measure month ends: what others do with the same posts is not its user's to see.
    """
    if report.closed is not None or not Plan.from_json(report.campaign.plan).month_ends:
        return 0
    end = report.month.end
    followed = (
        select(func.count(Placement.post_id.distinct()))
        .join(Campaign, Campaign.id == Placement.campaign_id)
        .join(Following, and_(Following.placement_id == Placement.id, Following.until.is_(None)))
        .where(Placement.campaign_id == report.campaign.id, Following.since < end)
        .where(*(or_(ends.is_(None), ends > end) for ends in (Placement.ends_at, Campaign.ends_at)))
    )
    due = exists().where(*_its(FollowedPost, end))
    measured = exists().where(*_its(Point, end), Point.settled_at.is_(None))
    return int(connection.execute(followed.where(or_(due, measured))).scalar_one())


def _its(table: Any, end: float) -> tuple[ColumnElement[bool], ...]:
    wait = case((table.kind == PointKind.AGAIN, AGAIN_SECONDS), else_=MONTH_END_SECONDS)
    return table.post_id == Placement.post_id, table.access_key == Placement.access_key, table.due_at < end + wait
