"""`POST /get-views/<platform>`: the original's way to hand in links. Each platform has such a route."""

from collections.abc import Callable
from functools import cache

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from control.batches.submission import new_batch
from control.routes.submission import Accepted, Links, sent_key, submit
from control.web import open_submissions
from control.web.auth import authenticate, caller
from control.web.idempotency_key import Headers
from control.web.openapi import ORIGINAL, resource
from control.web.settings import settings
from crawler.platforms import known


class GetViewsAnswer(Accepted):
    message: str = Field(description="For people.")


def blueprint() -> APIBlueprint:
    return _blueprint(tuple(known()))


@cache  # as any other resource it is made once; tests know other platforms, and make hundreds of apps
def _blueprint(platforms: tuple[str, ...]) -> APIBlueprint:
    api = resource("get-views", ORIGINAL, authenticate, open_submissions.guard, takes_links=True)
    for platform in platforms:
        route = api.post(
            f"/get-views/{platform}",
            operation_id=f"get_views_{platform}",
            endpoint=platform,
            responses={200: GetViewsAnswer},
        )
        route(_view(platform))
    return api


def _view(platform: str) -> Callable[[Headers, Links], GetViewsAnswer]:
    def get_views(header: Headers, body: Links) -> GetViewsAnswer:
        """Count the views of posts. Read them at `/get-bg-tasks`, or at the batch's URL."""
        accepted, _ = submit(new_batch(caller(), settings(), platform), body.links, sent_key(header))
        message = f"Links stored: {len(body.links)}. Read their views at /get-bg-tasks or at the batch's url."
        return GetViewsAnswer(message=message, **dict(accepted))

    return get_views
