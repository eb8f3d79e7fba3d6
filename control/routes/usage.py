"""`/users/me/usage`: how much of their share the caller uses."""

from pydantic import Field

from control.batches import quota
from control.campaigns import placements, price
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import ACCOUNTS, Shape, resource
from control.web.rate_limits import USUAL
from control.web.settings import settings
from crawler.store.database import reading

api = resource("usage", ACCOUNTS, authenticate)


class Share(Shape):
    used: int
    most: int


class UsageShown(Shape):
    waiting_links: Share = Field(description="Links that are not done or failed yet.")
    links_today: Share = Field(description="Links handed in since midnight UTC, also those refused, or deleted since.")
    stored_megabytes: Share = Field(
        description="What your batches and your own columns take, about. To delete them gives it back."
    )
    followed_posts: Share = Field(description="Placements in all your campaigns.")
    readings_per_day: Share = Field(description="What your plans will take, on average over the next 30 days.")
    day_ends_in: int = Field(description="Seconds.")
    reads_per_second: int
    submissions_per_minute: int
    links_per_minute: int = Field(description=f"A link counts as one for every {USUAL} characters.")


@api.get("/users/me/usage", responses={200: UsageShown})
def get_usage() -> UsageShown:
    """How much you use, and how much you may."""
    allowed = settings()
    with reading(db.engine) as connection:
        used = quota.used(connection, caller())
        followed, planned = placements.count(connection, caller()), price.of_user(connection, caller()).a_day
    return UsageShown(
        waiting_links=Share(used=used.waiting, most=allowed.most_waiting_links),
        links_today=Share(used=used.today, most=allowed.most_links_per_day),
        stored_megabytes=Share(used=used.stored_megabytes, most=allowed.most_stored_megabytes),
        followed_posts=Share(used=followed, most=allowed.most_followed_posts),
        readings_per_day=Share(used=planned, most=allowed.most_readings_per_day),
        day_ends_in=used.left_today,
        reads_per_second=allowed.reads_per_second,
        submissions_per_minute=allowed.submissions_per_minute,
        links_per_minute=allowed.links_per_minute,
    )
