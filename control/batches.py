"""Batches: hand links in, see how far they are, delete them."""

from enum import StrEnum
from typing import Annotated, Any

from flask import url_for
from pydantic import ConfigDict, Field
from sqlalchemy import Connection, Row, Select, exists, func, select

from control.auth import authenticate, caller
from control.db import db
from control.errors import NotFound
from control.idempotency import Headers
from control.openapi import Shape, resource
from control.span import Span
from control.submission import (
    Accepted,
    DuplicateLink,
    Links,
    RejectedLink,
    duplicate_links,
    new_batch,
    rejected_links,
    submissions,
    submit,
)
from control.wording import moment
from crawler.database import now, snapshot, writing
from crawler.ending import erase_batch
from crawler.models import Batch, Link, Status
from crawler.platforms import known
from crawler.reasons import Reason

api = resource("batches", "Hand links in and follow them", authenticate, submissions, takes_links=True)


LOCATION = {"description": "The batch.", "schema": {"type": "string"}}


class State(StrEnum):
    """Of a batch, derived from its links."""

    CREATED = "created"  # no link was worked on yet
    IN_PROGRESS = "in progress"
    DONE = "done"  # all links are
    PARTIAL = "partial"  # some are done, the others failed
    FAILED = "failed"  # all links are
    CANCELLED = "cancelled"  # some failed because a run was cancelled


class BatchMade(Accepted):
    model_config = ConfigDict(extra="forbid", openapi_extra={"headers": {"Location": LOCATION}})  # type: ignore[typeddict-unknown-key]

    rejected_links: list[RejectedLink]
    duplicate_links: list[DuplicateLink]


class BatchBody(Links):
    deadline: Span | None = Field(
        None,
        description="Links that still wait after this span of time fail, 1s to 366d. Without it: as the server is set.",
        examples=["24h"],
    )


class Counts(Shape):
    created: int
    in_progress: int = Field(alias="in progress")
    done: int
    failed: int


class BatchShown(Shape):
    id: str
    url: str
    links_url: str
    platform: str
    state: State
    counts: Counts
    links: int
    progress: float = Field(description="Part of the links that are done or failed, 0 to 1.")
    waiting_for: str | None = Field(description="What keeps the whole batch from going on.")
    waiting_until: str | None
    retry_of: str | None = Field(description="Id of the batch whose failed links are tried again here.")
    created_at: str
    deadline_at: str = Field(description="Links still waiting then fail.")
    finished_at: str | None


class Batches(Shape):
    batches: list[BatchShown]
    next_cursor: str | None = Field(description="Null at the end.")


class BatchPath(Shape):
    id: str


class BatchesQuery(Shape):
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=100)] = 20


@api.post("/batches", responses={202: BatchMade})
def make(header: Headers, body: BatchBody) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Hand links in."""
    platform = next(iter(known()))
    accepted, entries = submit(new_batch(platform, body.deadline), body.links, header.idempotency_key)
    made = {
        **accepted.model_dump(),
        "rejected_links": rejected_links(platform, entries),
        "duplicate_links": duplicate_links(entries),
    }
    return made, 202, {"Location": accepted.url}


@api.get("/batches", responses={200: Batches, 404: None})
def batches(query: BatchesQuery) -> dict[str, Any]:
    """Your batches, newest first."""
    with snapshot(db.engine) as connection:
        mine = _shown().where(Batch.user_id == caller()).order_by(Batch.id.desc()).limit(query.limit + 1)
        if query.cursor:
            mine = mine.where(Batch.id < own(connection, query.cursor))
        rows = connection.execute(mine).all()
        page = [_show(connection, row) for row in rows[: query.limit]]
    cursor = page[-1].id if len(rows) > query.limit else None
    return Batches(batches=page, next_cursor=cursor).model_dump(by_alias=True)


@api.get("/batches/<id>", responses={200: BatchShown})
def batch(path: BatchPath) -> dict[str, Any]:
    """One batch: its state and how far it is."""
    with snapshot(db.engine) as connection:
        return show(connection, own(connection, path.id))


@api.delete("/batches/<id>", responses={204: None})
def delete(path: BatchPath) -> tuple[str, int]:
    """Delete a batch with its links and numbers. What is under way for it ends first."""
    with writing(db.engine) as connection:
        erase_batch(connection, own(connection, path.id))
    return "", 204


def own(connection: Connection, public_id: str) -> int:
    """Return the key of a batch of the caller's; whatever else the id names, nobody is told."""
    mine = select(Batch.id).where(Batch.public_id == public_id, Batch.user_id == caller())
    plain = public_id.isascii() and public_id.isalnum()  # PostgreSQL refuses to compare with some others
    batch_id = connection.execute(mine).scalar() if plain else None
    if batch_id is None:
        raise missing()
    return batch_id


def missing() -> NotFound:
    return NotFound("You have no batch of this id.")


def show(connection: Connection, batch_id: int) -> dict[str, Any]:
    row = connection.execute(_shown().where(Batch.id == batch_id)).one_or_none()
    if row is None:
        raise missing()  # somebody has deleted it just now
    return _show(connection, row).model_dump(by_alias=True)


def _shown() -> Select[*tuple[Any, ...]]:
    """Batches with what their state takes beyond the counts."""
    failed = (Link.batch_id == Batch.id, Link.reason.is_not(None), Link.post_id.is_not(None))
    return select(
        Batch,
        (Batch.waiting_until > now()).label("waiting"),
        exists().where(*failed, Link.reason == Reason.CANCELLED).label("cancelled"),
        exists().where(*failed).label("worked"),
    )


def _show(connection: Connection, row: Row[Any]) -> BatchShown:
    counts = _counts(connection, row.id)
    links = sum(counts.values())
    waiting = row.waiting and row.closed_at is None
    return BatchShown(
        id=row.public_id,
        url=url_for("batches.batch", id=row.public_id, _external=True),
        links_url=url_for("links.links", id=row.public_id, _external=True),
        platform=row.platform,
        state=state(counts, worked=row.worked, cancelled=row.cancelled),
        counts=Counts.model_validate(counts),
        links=links,
        progress=(counts[Status.DONE] + counts[Status.FAILED]) / links,
        waiting_for=row.waiting_for if waiting else None,
        waiting_until=moment(row.waiting_until) if waiting else None,
        retry_of=row.retry_of,
        created_at=moment(row.created_at),
        deadline_at=moment(row.deadline_at),
        finished_at=moment(row.closed_at),
    )


def _counts(connection: Connection, batch_id: int) -> dict[str, int]:
    """Count those that are not done: the rest of the batch is, whose positions are 0, 1, and so on."""
    rest = [status for status in Status if status != Status.DONE]
    links = select(func.max(Link.position) + 1).where(Link.batch_id == batch_id).scalar_subquery()
    counted = (
        select(func.count()).where(Link.batch_id == batch_id, Link.status == status).scalar_subquery()
        for status in rest
    )
    total, *found = connection.execute(select(links, *counted)).one()
    if total is None:
        raise missing()  # deleted since its row was read
    return {**dict.fromkeys(Status, total - sum(found)), **dict(zip(rest, found, strict=True))}


def state(counts: dict[str, int], *, worked: bool, cancelled: bool) -> State:
    """Derive the state. `worked`: some link failed later than at its acceptance."""
    if counts[Status.CREATED] or counts[Status.IN_PROGRESS]:
        begun = counts[Status.IN_PROGRESS] or counts[Status.DONE] or worked
        return State.IN_PROGRESS if begun else State.CREATED
    if cancelled:
        return State.CANCELLED
    if counts[Status.FAILED] == 0:
        return State.DONE
    return State.PARTIAL if counts[Status.DONE] else State.FAILED
