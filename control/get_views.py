"""`/get-views/<platform>`: the original way to hand links in."""

from typing import Any

from flask_openapi3 import APIBlueprint
from pydantic import BaseModel

from control import auth
from control.submission import Links, accept, summary
from crawler import platforms


class Order(BaseModel):
    links: Links


class Receipt(BaseModel):
    message: str
    id: str
    url: str
    accepted: int
    duplicates: int
    rejected: int


def _add(blueprint: APIBlueprint, platform: str) -> None:
    def get_views(body: Order) -> dict[str, Any]:
        batch = summary(*accept(platform, body.links))
        return {"message": f"{len(body.links)} links are on their way; see {batch['url']}"} | batch

    route = blueprint.post(f"/get-views/{platform}", summary="Hand links in", responses={200: Receipt})
    route(get_views)


def create_blueprint() -> APIBlueprint:
    """Make a route for every platform there is."""
    blueprint = auth.private("get_views")
    for name in platforms.known():
        _add(blueprint, name)
    return blueprint
