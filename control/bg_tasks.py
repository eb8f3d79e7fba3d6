"""`/get-bg-tasks`: the original way to read results."""

import json
from collections.abc import Iterator

from flask import Response
from pydantic import BaseModel, RootModel
from sqlalchemy import Engine, select, tuple_

from control import auth, openapi
from control.auth import caller
from control.db import db
from crawler.models import Batch, Link, Reading, Status

AT_ONCE = 2000

blueprint = openapi.resource("bg_tasks", secured=True)
auth.secure(blueprint)


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


def _array(first: Rows, pages: Iterator[Rows]) -> Iterator[str]:
    """Write one JSON array. Whatever fails on the way, it then lacks its end: nobody can take it for the whole."""
    yield "[" + _objects(first)
    for page in pages:
        yield "," + _objects(page)
    yield "]\n"


def _objects(rows: Rows) -> str:
    tasks = [{"platform": row.platform, "link": row.url, "status": row.status, "views": row.views} for row in rows]
    return json.dumps(tasks)[1:-1]


def _pages(engine: Engine, user_id: str) -> Iterator[Rows]:
    """Read page after page: no transaction is open while the client takes its time."""
    with engine.connect() as connection:
        newest = connection.execute(select(func.max(Batch.id)).where(Batch.user_id == user_id)).scalar()
    batch_id, position = 0, -1
    while True:
        with engine.connect() as connection:
            rows = connection.execute(_rest(batch_id, position)).all()
            if len(rows) < ROWS_AT_ONCE:
                later = _later(user_id, batch_id, newest or 0).limit(ROWS_AT_ONCE - len(rows))
                rows = [*rows, *connection.execute(later).all()]
        if not rows:
            return
        yield rows
        batch_id, position = rows[-1].batch_id, rows[-1].position


def _rest(batch_id: int, position: int) -> Select[Any]:
    rest = _rows().where(Link.batch_id == batch_id, Link.position > position)
    return rest.order_by(Link.position).limit(ROWS_AT_ONCE)


def _later(user_id: str, batch_id: int, newest: int) -> Select[Any]:
    batches = _rows().join(Batch, Batch.id == Link.batch_id).where(Batch.user_id == user_id)
    return batches.where(Batch.id > batch_id, Batch.id <= newest).order_by(Batch.id, Link.position)


def _rows() -> Select[Any]:
    columns = (Link.batch_id, Link.position, Link.platform, Link.url, Link.status, Reading.views)
    return select(*columns).outerjoin(Reading, Reading.id == Link.reading_id)
