"""`GET /get-bg-tasks`: the list of all links of the caller, which the original has too, as a stream."""

import json
from collections.abc import Iterator

from flask import Response
from pydantic import Field, RootModel

from control.batches import all_links
from control.batches.all_links import Rows, read_pages
from control.web import open_streams
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.openapi import ORIGINAL, Shape, resource
from crawler.store.models.batches import Status

api = resource("get-bg-tasks", ORIGINAL, authenticate)


class Task(Shape):
    platform: str
    link: str
    status: Status
    views: int | None = Field(description="Null where the link is not done.")


class Tasks(RootModel[list[Task]]):
    """All links of the caller, in the order sent."""


@api.get("/get-bg-tasks", responses={200: Tasks})
def get_bg_tasks() -> Response:
    """All your links with their status and views, in the order sent."""
    pages = read_pages(db.engine, caller())
    first = next(pages, [])  # before the status line is sent, so that a failing database is answered as an error
    if len(first) < all_links.ROWS_AT_ONCE:
        return Response("".join(_array(first, pages)), mimetype="application/json")
    end = open_streams.begin(caller())
    response = Response(_array(first, pages), mimetype="application/json")
    response.call_on_close(end)
    return response


def _array(first: Rows, pages: Iterator[Rows]) -> Iterator[str]:
    """Write one JSON array. If something fails on the way its end is missing, so that nobody takes it for complete."""
    yield "[" + _objects(first)
    for page in pages:
        yield "," + _objects(page)
    yield "]\n"


def _objects(rows: Rows) -> str:
    tasks = [{"platform": row.platform, "link": row.url, "status": row.status, "views": row.views} for row in rows]
    return json.dumps(tasks)[1:-1]
