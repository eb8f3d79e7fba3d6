"""The links of a batch, each with its number or its reason."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select

from control import auth
from control.batches import BatchPath, moment, own
from control.db import db
from control.submission import advice
from crawler import platforms
from crawler.models import Batch, Link, Post, Reading, Status
from crawler.reasons import SENTENCES, Reason

blueprint = auth.private("links")


class LinkState(BaseModel):
    position: int = Field(description="place in the batch, from 0")
    link: str = Field(description="as it was given")
    post: str | None = Field(description="address of the post it names")
    duplicate_of: int | None = Field(description="position of the first link to the same post")
    status: Status
    views: int | None
    likes: int | None
    comments: int | None
    reposts: int | None
    source: str | None = Field(description="what the number was read from")
    reason: Reason | None = Field(description="why there is no number")
    detail: str | None
    message: str | None = Field(description="the reason as a sentence")
    created_at: datetime
    measured_at: datetime | None
    finished_at: datetime | None


class LinkList(BaseModel):
    links: list[LinkState]
    next_cursor: int | None


class LinkQuery(BaseModel):
    status: Status | None = None
    cursor: int = Field(-1, ge=-1, le=2**31, description="`next_cursor` of the page before")
    limit: int = Field(100, ge=1, le=1000)


@blueprint.get("/batches/<id>/links", summary="A batch's links", responses={200: LinkList})
def list_(path: BatchPath, query: LinkQuery) -> dict[str, Any]:
    batch = own(path.id)
    statement = (
        select(Link, Post.key, Reading)
        .outerjoin(Post, Post.id == Link.post_id)
        .outerjoin(Reading, Reading.id == Link.reading_id)
        .where(Link.batch_id == batch.id, Link.position > query.cursor)
        .order_by(Link.position)
        .limit(query.limit + 1)
    )
    if query.status:
        statement = statement.where(Link.status == query.status)
    found = db.session.execute(statement).all()
    page = found[: query.limit]
    more = len(found) > query.limit
    return {"links": [_state(batch, *row) for row in page], "next_cursor": page[-1].Link.position if more else None}


def _state(batch: Batch, link: Link, key: str | None, reading: Reading | None) -> dict[str, Any]:
    return {
        "position": link.position,
        "link": link.url,
        "post": platforms.known()[link.platform].canonical(key) if key else None,
        "duplicate_of": link.duplicate_of,
        "status": link.status,
        **{name: getattr(reading, name, None) for name in ("views", "likes", "comments", "reposts", "source")},
        "reason": link.reason,
        "detail": link.detail if link.reason else None,
        "message": _message(link),
        "created_at": moment(batch.created_at),
        "measured_at": moment(reading.measured_at) if reading else None,
        "finished_at": moment(link.finished_at),
    }


def _message(link: Link) -> str | None:
    if not link.reason:
        return None
    return SENTENCES[link.reason] if link.post_id else advice(link.platform, str(link.detail))
