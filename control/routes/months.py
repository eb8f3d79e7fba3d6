"""The months of a campaign: the views that each placement gained in one."""

from typing import Annotated

from pydantic import Field

from control.campaigns import campaigns, listing, months
from control.campaigns.listing import Wanted
from control.campaigns.months import FORM, Month, MonthRow
from control.reports.month_views import MonthFlag
from control.reports.value_at import Basis
from control.routes.campaigns import CampaignPath
from control.routes.placements import HUNDRED, PageQuery
from control.routes.posts import ValueShown, show_value
from control.times import moment
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import CAMPAIGNS, Shape, resource
from crawler.platforms import address
from crawler.store.database import read_clock, snapshot

api = resource("months", CAMPAIGNS, authenticate)


class MonthPath(CampaignPath):
    month: Annotated[str, Field(pattern=f"^{FORM}$", description="Such as `2026-10`.")]


class MonthRowShown(Shape):
    position: int
    link: str
    post: str | None
    cost: float | None
    erid: str | None
    erids: list[str] = Field(description="Tokens of advertising law that stand at the post.")
    published_at: str | None
    views: int | None = Field(description="Gained in the month: the value at its end less the one at its beginning.")
    low: int | None = Field(description="At least so many, by the readings around both ends.")
    high: int | None = Field(description="At most so many; null where no reading bounds them.")
    basis: Basis = Field(description="The weaker basis of both ends.")
    flags: list[MonthFlag] = Field(
        description="`fell`: the counter showed less at the end, so 0 is given. `no_beginning`: the post is older than "
        "the month and nobody read it before, so there is no number to defend. `no_end`: no reading after the month. "
        "`unfinished`: as of now. `no_reading`, `not_published`."
    )
    begin: ValueShown = Field(description="What the counter showed at the month's first midnight.")
    end: ValueShown = Field(description="What it showed at its last one, or now.")


class MonthShown(Shape):
    month: str
    time_zone: str
    begins_at: str
    ends_at: str
    finished: bool
    placements: list[MonthRowShown]
    next_cursor: int | None = Field(description="Null at the end.")


@api.get("/campaigns/<id>/months/<month>", responses={200: MonthShown})
def get_month(path: MonthPath, query: PageQuery) -> MonthShown:
    """The views that a campaign's placements gained in a calendar month of its time zone, page by page."""
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, caller(), path.id)
        month = Month.named(path.month, campaign.time_zone)
        page = listing.read(connection, campaign, Wanted(after=query.cursor, limit=query.limit))
        rows = months.read(connection, caller(), month, page.rows)
        now = read_clock(connection)
    return MonthShown(
        month=path.month,
        time_zone=campaign.time_zone,
        begins_at=moment(month.begin),
        ends_at=moment(month.end),
        finished=now >= month.end,
        placements=[_show(row, month, min(month.end, now)) for row in rows],
        next_cursor=page.next_cursor,
    )


def _show(row: MonthRow, month: Month, end: float) -> MonthRowShown:
    placement, found = row.placement, row.views
    return MonthRowShown(
        position=placement.position,
        link=placement.url,
        post=address(placement.platform, placement.key),
        cost=None if placement.cost is None else placement.cost / HUNDRED,
        erid=placement.erid,
        erids=(placement.erids or "").split(),
        published_at=moment(placement.published_at),
        views=found.views,
        low=found.low,
        high=found.high,
        basis=found.basis,
        flags=list(found.flags),
        begin=show_value(month.begin, row.begin),
        end=show_value(end, row.end),
    )
