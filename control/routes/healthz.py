"""`/healthz`: whether the API's process answers. It depends on nothing else, so it fails only if that is dead."""

from control.web.openapi import OPERATIONS, Shape, resource
from control.web.rate_limits import by_address

api = resource("healthz", OPERATIONS, by_address, public=True)


class Alive(Shape):
    alive: bool


@api.get("/healthz", responses={200: Alive})
def get_health() -> Alive:
    """200 while the API's process answers."""
    return Alive(alive=True)
