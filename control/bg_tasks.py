"""`/get-bg-tasks`: the original way to read results."""

import json
from collections.abc import Iterator

from flask import Response
from pydantic import BaseModel, RootModel
from sqlalchemy import Engine, select, tuple_

from control import auth
from control.auth import caller
from control.db import db
from crawler.models import Batch, Link, Reading, Status

AT_ONCE = 2000

blueprint = auth.private("bg_tasks")


class Task(BaseModel):
    platform: str
    link: str
    status: Status
    views: int | None


class Tasks(RootModel[list[Task]]):
    """Every link the caller ever handed in, in the order sent."""


@blueprint.get("/get-bg-tasks", summary="All your links with their views", responses={200: Tasks})
def get_bg_tasks() -> Response:
    return Response(_array(_rows(db.engine, caller())), content_type="application/json")


def _array(rows: Iterator[list[dict[str, object]]]) -> Iterator[str]:
    """Write JSON as it comes. What breaks off lacks its bracket: nobody can take it for the whole."""
    yield "["
    separator = ""
    for chunk in rows:
        yield separator + ",".join(json.dumps(row) for row in chunk)
        separator = ","
    yield "]"


def _rows(engine: Engine, user_id: str) -> Iterator[list[dict[str, object]]]:
    """Read on from the last place: a long answer holds neither memory nor a transaction."""
    place = tuple_(Link.batch_id, Link.position)
    statement = (
        select(Link.batch_id, Link.position, Link.platform, Link.url, Link.status, Reading.views)
        .join(Batch, Batch.id == Link.batch_id)
        .outerjoin(Reading, Reading.id == Link.reading_id)
        .where(Batch.user_id == user_id)
        .order_by(Link.batch_id, Link.position)
        .limit(AT_ONCE)
    )
    last = (0, -1)
    while True:
        with engine.connect() as connection:
            rows = connection.execute(statement.where(place > last)).all()
        if not rows:
            return
        yield [{"platform": row.platform, "link": row.url, "status": row.status, "views": row.views} for row in rows]
        last = (rows[-1].batch_id, rows[-1].position)
