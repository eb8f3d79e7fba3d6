"""`/readyz`: whether the system can do its work."""

from control.db import db
from control.errors import FieldError, NotReady
from control.openapi import Shape, resource
from control.readiness import problems

api = resource("readyz", "For operators", public=True)


class Ready(Shape):
    ready: bool


@api.get("/readyz", responses={200: Ready})
def readyz() -> dict[str, bool]:
    """200 where all is well, 503 with the problems where an operator is needed."""
    if found := problems(db.engine):
        raise NotReady("An operator is needed.", [FieldError(field="", message=problem) for problem in found])
    return Ready(ready=True).model_dump()
