"""`/users/me/usage`: how much of one's share is used."""

from typing import Any

from flask import current_app
from pydantic import Field

from control import quota
from control.auth import authenticate, caller
from control.db import db
from control.openapi import Shape, resource
from control.settings import SETTINGS, Settings

api = resource("usage", "Accounts and tokens", authenticate)


class Share(Shape):
    used: int
    most: int


class UsageShown(Shape):
    waiting_links: Share = Field(description="Links that are not done or failed yet.")
    links_today: Share = Field(description="Links handed in since midnight UTC, also those deleted since.")
    day_ends_in: int = Field(description="Seconds.")
    reads_per_second: int
    submissions_per_minute: int


@api.get("/users/me/usage", responses={200: UsageShown})
def usage() -> dict[str, Any]:
    """How much you use, and how much you may."""
    settings: Settings = current_app.config[SETTINGS]
    with db.engine.connect() as connection:
        used = quota.used(connection, caller())
    return UsageShown(
        waiting_links=Share(used=used.waiting, most=settings.most_waiting_links),
        links_today=Share(used=used.today, most=settings.most_links_per_day),
        day_ends_in=used.left_today,
        reads_per_second=settings.reads_per_second,
        submissions_per_minute=settings.submissions_per_minute,
    ).model_dump()
