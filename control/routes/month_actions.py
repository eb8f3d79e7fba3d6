"""What a user does with a month: close it, and reopen it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from control.accounts.names import printable
from control.campaigns import campaigns, month_closing, month_list
from control.routes.month_fields import MonthListed, listed
from control.routes.months import MonthPath
from control.web import open_submissions
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import CAMPAIGNS, Shape, resource
from crawler.store.database import snapshot

LONGEST_REASON = 1_000

closing = resource("month_closing", CAMPAIGNS, authenticate, body="none")
reopening = resource("month_reopening", CAMPAIGNS, authenticate)


class ReopenBody(Shape):
    reason: Annotated[str, Field(max_length=LONGEST_REASON), AfterValidator(printable)] = Field(
        min_length=1, description="Why, for those who ask later.", examples=["The erid of a post was wrong"]
    )


@closing.post("/campaigns/<id>/months/<month>/close", responses={200: MonthListed, 409: None})
def close_month(path: MonthPath) -> MonthListed:
    """Close a month: copies of its numbers, and of the readings that they rest on, never change from now on."""
    open_submissions.begin(caller())  # it reads all rows
    month_closing.close(db.engine, caller(), path.id, path.month)
    return _listed(path)


@reopening.post("/campaigns/<id>/months/<month>/reopen", responses={200: MonthListed, 409: None})
def reopen_month(path: MonthPath, body: ReopenBody) -> MonthListed:
    """Reopen a closed month: it is as of now again, until it is closed anew. What was closed stays as a version."""
    month_closing.reopen(db.engine, caller(), path.id, path.month, body.reason)
    return _listed(path)


def _listed(path: MonthPath) -> MonthListed:
    with snapshot(db.engine) as connection:
        return listed(month_list.find(connection, campaigns.find(connection, caller(), path.id), path.month))
