"""`POST /get-views/<platform>`: the original's way to hand links in. One route for each platform there is."""

from collections.abc import Callable
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from control.auth import authenticate
from control.idempotency import Headers
from control.openapi import resource
from control.submission import Accepted, Links, new_batch, submissions, submit
from crawler.platforms import known


class GetViewsAnswer(Accepted):
    message: str = Field(description="For people.")


def blueprint() -> APIBlueprint:
    api = resource("get-views", "Hand links in, the original's way", authenticate, submissions, takes_links=True)
    for platform in known():
        route = api.post(f"/get-views/{platform}", endpoint=platform, responses={200: GetViewsAnswer})
        route(_view(platform))
    return api


def _view(platform: str) -> Callable[[Headers, Links], dict[str, Any]]:
    def get_views(header: Headers, body: Links) -> dict[str, Any]:
        """Count the views of posts. Read them at `/get-bg-tasks`, or at the batch's URL."""
        accepted, _ = submit(new_batch(platform), body.links, header.idempotency_key)
        message = f"Links stored: {len(body.links)}. Read their views at /get-bg-tasks or at the batch's url."
        return GetViewsAnswer(message=message, **accepted.model_dump()).model_dump()

    return get_views
