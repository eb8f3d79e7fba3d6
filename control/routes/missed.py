"""What was missed of a campaign: the points of its plan that brought no number, and why."""

from typing import Annotated

from pydantic import Field

from control.campaigns import campaigns, missed
from control.campaigns.missed import OfPlacement
from control.routes.campaigns import CampaignPath
from control.routes.placement_shown import MissedPoint, show_missed
from control.routes.placements import PageQuery
from control.web import open_submissions
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import CAMPAIGNS, Shape, resource
from crawler.platforms import address
from crawler.store.database import snapshot

api = resource("missed", CAMPAIGNS, authenticate)


class MissedQuery(PageQuery):
    limit: Annotated[int, Field(ge=1, le=1000)] = Field(100, description="Of placements.")


class MissedPlacement(Shape):
    position: int
    link: str
    post: str | None
    blogger: str | None
    missed: list[MissedPoint] = Field(description="Oldest first.")


class AllMissed(Shape):
    placements: list[MissedPlacement] = Field(description="Those of which something was missed.")
    next_cursor: int | None = Field(description="Null at the end.")


@api.get("/campaigns/<id>/missed", responses={200: AllMissed})
def list_missed(path: CampaignPath, query: MissedQuery) -> AllMissed:
    """The points of a campaign's plan that brought no number, and why, by placement."""
    open_submissions.begin(caller())  # it may look at all placements
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, caller(), path.id)
        page = missed.page(connection, campaign, query.cursor, query.limit)
    return AllMissed(placements=[_show(each) for each in page.placements], next_cursor=page.next_cursor)


def _show(found: OfPlacement) -> MissedPlacement:
    row = found.row
    points = [show_missed(each) for each in found.points]
    post = address(row.platform, row.key)
    return MissedPlacement(position=row.position, link=row.url, post=post, blogger=row.blogger, missed=points)
