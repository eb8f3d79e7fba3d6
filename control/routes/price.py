"""What a plan costs, before it is chosen."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from control.campaigns import campaigns, price
from control.campaigns.plan import USUAL, Plan
from control.campaigns.price import Offer, Wanted
from control.routes.campaigns import PlanBody, TimeZone, left_out
from control.routes.usage import Share
from control.web import open_submissions
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import CAMPAIGNS, Shape, resource
from control.web.settings import settings
from control.web.whole_numbers import WHOLE
from crawler.store.database import snapshot

MOST_POSTS = 20_000

api = resource("price", CAMPAIGNS, authenticate)


class PriceBody(Shape):
    """Of new posts, of a campaign, or of both."""

    posts: Annotated[int, Field(ge=0, le=MOST_POSTS, strict=True), WHOLE] = Field(
        0, description="So many that are just published, beside those of the campaign."
    )
    campaign: str | None = Field(None, description="The id of one of yours: what it follows counts.")
    plan: PlanBody = Field(default_factory=left_out, description="Without it: the campaign's, or the usual one.")
    time_zone: TimeZone | None = Field(None, description="Of new posts. Without it: the server's.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.campaign is None and not self.posts:
            raise ValueError("Send either posts, how many there are, or campaign, the id of one of yours, or both.")
        return self


class PriceShown(Shape):
    """Views of posts to come are not known, so those of a usual post are taken where a plan asks for them."""

    posts: int = Field(description="That are followed still: each counts once.")
    readings_per_day: int = Field(description="On average over the next 30 days.")
    readings_next_day: int = Field(description="In the next 24 hours.")
    readings_this_month: int = Field(description="Until the end of the calendar month, in the time zone.")
    requests_per_day: int = Field(description="To VK's API, of 100 posts each. Without a token each reading is one.")
    requests_this_month: int
    all_readings_per_day: Share = Field(description="Of all that you would follow then.")
    all_followed_posts: Share
    fits: bool


@api.post("/plans/price", responses={200: PriceShown, 404: None})
def get_price(body: PriceBody) -> PriceShown:
    """What a plan takes, before you choose it: readings and requests, beside what you may have in all."""
    open_submissions.begin(caller())  # it reads all that the caller follows
    with snapshot(db.engine) as connection:
        campaign = campaigns.find(connection, caller(), body.campaign) if body.campaign is not None else None
        zone = campaign.time_zone if campaign else body.time_zone or settings().timezone
        plan = body.plan.plan() if body.plan else Plan.from_json(campaign.plan) if campaign else USUAL
        return _show(price.offer(connection, caller(), campaign, Wanted(plan, zone, body.posts)))


def _show(offer: Offer) -> PriceShown:
    allowed, of = settings(), offer.price
    readings = Share(used=offer.planned, most=allowed.most_readings_per_day)
    followed = Share(used=offer.followed, most=allowed.most_followed_posts)
    return PriceShown(
        posts=of.posts,
        readings_per_day=of.a_day,
        readings_next_day=of.next_day,
        readings_this_month=of.this_month,
        requests_per_day=of.requests_a_day,
        requests_this_month=of.requests_this_month,
        all_readings_per_day=readings,
        all_followed_posts=followed,
        fits=readings.used <= readings.most and followed.used <= followed.most,
    )
