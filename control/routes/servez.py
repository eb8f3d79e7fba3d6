"""`/servez`: whether this API can serve requests, for balancers. It says nothing of scrapyd or of the scheduler."""

from control.web import database_probe
from control.web.openapi import OPERATIONS, Shape, resource
from control.web.rate_limits import by_address

api = resource("servez", OPERATIONS, by_address, public=True)


class Serving(Shape):
    serving: bool


@api.get("/servez", responses={200: Serving})
def get_serving() -> Serving:
    """200 while this API's database answers within two seconds: a balancer may send requests here."""
    database_probe.check()
    return Serving(serving=True)
