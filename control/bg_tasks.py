"""`GET /get-bg-tasks`: the original's list of all links of the caller, streamed."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response
from pydantic import Field, RootModel
from sqlalchemy import Engine, Row, Select, func, select

from control.auth import authenticate, caller
from control.db import db
from control.openapi import Shape, resource
from crawler.models import Batch, Link, Reading, Status

ROWS_AT_ONCE = 500  # four times as many take no less time, and 3 MB more
Rows = Sequence[Row[Any]]

api = resource("get-bg-tasks", "Read all links, the original's way", authenticate)


class Task(Shape):
    platform: str
    link: str
    status: Status
    views: int | None = Field(description="Null where the link is not done.")


class Tasks(RootModel[list[Task]]):
    """All links of the caller, in the order sent."""


@api.get("/get-bg-tasks", responses={200: Tasks})
def bg_tasks() -> Response:
    """All your links with their status and views, in the order sent."""
    pages = _pages(db.engine, caller())
    first = next(pages, [])  # before the status line leaves: a database that fails at once is an error as any other
    return Response(_array(first, pages), mimetype="application/json")


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
                later = _later(user_id, batch_id, newest or 0, ROWS_AT_ONCE - len(rows))
                rows = [*rows, *connection.execute(later).all()]
        if not rows:
            return
        yield rows
        batch_id, position = rows[-1].batch_id, rows[-1].position


def _rest(batch_id: int, position: int) -> Select[*tuple[Any, ...]]:
    rest = _rows().where(Link.batch_id == batch_id, Link.position > position)
    return rest.order_by(Link.position).limit(ROWS_AT_ONCE)


def _later(user_id: str, batch_id: int, newest: int, limit: int) -> Select[*tuple[Any, ...]]:
    """The first links of later batches. Of none more than so many are looked at: PostgreSQL would sort all of it."""
    batches = _rows().join(Batch, Batch.id == Link.batch_id).where(Batch.user_id == user_id, Link.position < limit)
    return batches.where(Batch.id > batch_id, Batch.id <= newest).order_by(Batch.id, Link.position).limit(limit)


def _rows() -> Select[*tuple[Any, ...]]:
    columns = (Link.batch_id, Link.position, Link.platform, Link.url, Link.status, Reading.views)
    return select(*columns).outerjoin(Reading, Reading.id == Link.reading_id)
