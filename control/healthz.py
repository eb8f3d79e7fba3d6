"""`/healthz`: whether the API's process answers at all. It asks nobody else, so that only a dead one fails."""

from control.limits import by_address
from control.openapi import Shape, resource

api = resource("healthz", "For operators", by_address, public=True)


class Alive(Shape):
    alive: bool


@api.get("/healthz", responses={200: Alive})
def healthz() -> dict[str, bool]:
    """200 while the API's process answers."""
    return Alive(alive=True).model_dump()
