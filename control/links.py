"""The links of a batch, page by page."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Row, Select, select

from control.auth import authenticate
from control.batches import BatchPath, own
from control.db import db
from control.openapi import Shape, resource
from control.wording import advice, moment
from crawler.database import snapshot
from crawler.models import Batch, Link, Post, Reading, Status
from crawler.platforms import known
from crawler.reasons import Reason

RETRYABLE = {str(reason): reason.retryable for reason in Reason}

api = resource("links", "The links of a batch", authenticate)


class LinkShown(Shape):
    position: int
    link: str = Field(description="As it was sent.")
    post: str | None = Field(description="The address of the post it names.")
    duplicate_of: int | None = Field(description="Position of the first link that names the same post.")
    status: Status
    views: int | None = Field(description="Null where the link is not done; 0 is a number that was read.")
    likes: int | None
    comments: int | None
    reposts: int | None
    source: str | None = Field(description="What the numbers were read from.")
    reason: Reason | None = Field(description="Why it failed: a stable code.")
    retryable: bool | None = Field(description="Whether asking again later can help.")
    detail: str | None
    advice: str | None = Field(description="The same as a sentence.")
    created_at: str
    measured_at: str | None
    finished_at: str | None


class LinksPage(Shape):
    links: list[LinkShown]
    next_cursor: str | None = Field(description="Null at the end.")


class LinksQuery(Shape):
    status: Status | None = None
    cursor: str | None = Field(None, pattern="^[0-9]{1,9}$", description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


@api.get("/batches/<id>/links", responses={200: LinksPage})
def links(path: BatchPath, query: LinksQuery) -> dict[str, Any]:
    """The links of a batch in the order sent, with their numbers or the reason why there are none."""
    with snapshot(db.engine) as connection:
        page = _rows(own(connection, path.id), query).limit(query.limit + 1)
        rows = connection.execute(page).all()
    shown = [_show(row) for row in rows[: query.limit]]
    cursor = str(shown[-1].position) if len(rows) > query.limit else None
    return LinksPage(links=shown, next_cursor=cursor).model_dump()


def _rows(batch_id: int, query: LinksQuery) -> Select[*tuple[Any, ...]]:
    rows = (
        select(Link.position, Link.url, Link.platform, Link.duplicate_of, Link.status, Link.reason, Link.detail)
        .add_columns(Link.finished_at, Batch.created_at, Post.key, Reading.measured_at, Reading.source)
        .add_columns(Reading.views, Reading.likes, Reading.comments, Reading.reposts)
        .join(Batch, Batch.id == Link.batch_id)
        .outerjoin(Post, Post.id == Link.post_id)
        .outerjoin(Reading, Reading.id == Link.reading_id)
        .where(Link.batch_id == batch_id)
        .order_by(Link.position)
    )
    if query.status:
        rows = rows.where(Link.status == query.status)
    return rows.where(Link.position > int(query.cursor)) if query.cursor else rows


def _show(row: Row[Any]) -> LinkShown:
    return LinkShown(
        position=row.position,
        link=row.url,
        post=known()[row.platform].canonical(row.key) if row.key else None,
        duplicate_of=row.duplicate_of,
        status=row.status,
        views=row.views,
        likes=row.likes,
        comments=row.comments,
        reposts=row.reposts,
        source=row.source,
        reason=row.reason,
        retryable=RETRYABLE[row.reason] if row.reason else None,
        detail=row.detail or None,
        advice=advice(row.platform, row.reason, row.detail) if row.reason else None,
        created_at=moment(row.created_at),
        measured_at=moment(row.measured_at),
        finished_at=moment(row.finished_at),
    )
