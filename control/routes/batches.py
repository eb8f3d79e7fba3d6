"""Batches: hand in links, see how far they are, delete them."""

from typing import Annotated

from flask import url_for
from pydantic import ConfigDict, Field

from control.batches import cancellation, naming, progress
from control.batches.names import LONGEST, Name
from control.batches.progress import Progress, State
from control.batches.submission import new_batch
from control.routes.submission import (
    Accepted,
    DuplicateLink,
    Links,
    RejectedLink,
    duplicate_links,
    rejected_links,
    sent_key,
    submit,
)
from control.times import LIMITS, Span, moment
from control.web import open_submissions
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.idempotency_key import Headers
from control.web.openapi import BATCHES, Shape, resource
from control.web.settings import settings

api = resource("batches", BATCHES, authenticate, open_submissions.guard, takes_links=True)

LOCATION = {"description": "The batch.", "schema": {"type": "string"}}


class BatchMade(Accepted):
    model_config = ConfigDict(extra="forbid", openapi_extra={"headers": {"Location": LOCATION}})  # type: ignore[typeddict-unknown-key]

    rejected_links: list[RejectedLink]
    duplicate_links: list[DuplicateLink]


class BatchBody(Links):
    deadline: Span | None = Field(
        None,
        description=f"Links that still wait after this span of time fail, {LIMITS}. Without it: as the server is set.",
        examples=["24h"],
    )
    max_age: Span | None = Field(
        None,
        description="A link of whose post you see a reading that is at most so old ends with it at once: no request is "
        f"made, and two such links count as one in your day, {LIMITS}. Without it all are measured anew.",
        examples=["1h"],
    )
    name: Name = Field("", description="As you call it.", examples=["November, bloggers"])


class Renamed(Shape):
    name: Name = Field(description="As you call it; empty: it has none.")


class Counts(Shape):
    created: int
    in_progress: int = Field(alias="in progress")
    done: int
    failed: int


class BatchShown(Shape):
    id: str
    name: str
    url: str
    links_url: str
    platform: str | None = Field(description="Of its links; null where they are of several.")
    state: State
    counts: Counts
    links: int
    views: int | None = Field(description="Sum of its links' views once it is finished; null too where none is done.")
    progress: float = Field(description="Part of the links that are done or failed, 0 to 1.")
    waiting_for: str | None = Field(description="What keeps its links, or those of one platform, from going on.")
    waiting_until: str | None
    retry_of: str | None = Field(description="Id of the batch whose failed links are tried again here.")
    repeat_of: str | None = Field(description="Id of the batch whose links are measured again here.")
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
    q: str = Field("", max_length=LONGEST, description="A text that its name contains, in small or in capitals.")


@api.post("/batches", responses={202: BatchMade})
def create_batch(header: Headers, body: BatchBody) -> tuple[BatchMade, int, dict[str, str]]:
    """Hand in links of any platforms. They become one batch, and each link is read on its own platform."""
    batch = new_batch(caller(), settings(), None, deadline=body.deadline, name=body.name)
    accepted, entries = submit(batch, body.links, sent_key(header), max_age=body.max_age)
    rejected, duplicates = rejected_links(entries), duplicate_links(entries)
    made = BatchMade(**dict(accepted), rejected_links=rejected, duplicate_links=duplicates)
    return made, 202, {"Location": accepted.url}


@api.get("/batches", responses={200: Batches, 404: None})
def list_batches(query: BatchesQuery) -> Batches:
    """Your batches, newest first."""
    page, cursor = progress.of_batches(db.engine, caller(), query.cursor, query.limit, query.q)
    return Batches(batches=[show(batch) for batch in page], next_cursor=cursor)


@api.get("/batches/<id>", responses={200: BatchShown})
def get_batch(path: BatchPath) -> BatchShown:
    """One batch: its state and how far it is."""
    return show(progress.of_batch(db.engine, caller(), path.id))


@api.patch("/batches/<id>", responses={200: BatchShown})
def rename_batch(path: BatchPath, body: Renamed) -> BatchShown:
    """Give a batch another name."""
    return show(naming.rename(db.engine, caller(), path.id, body.name))


@api.delete("/batches/<id>", responses={204: None})
def delete_batch(path: BatchPath) -> tuple[str, int]:
    """Delete a batch with its links and numbers. Work that is under way for it is ended first."""
    cancellation.delete(db.engine, caller(), path.id)
    return "", 204


def show(batch: Progress) -> BatchShown:
    return BatchShown(
        id=batch.public_id,
        name=batch.name,
        url=url_for("batches.get_batch", id=batch.public_id, _external=True),
        links_url=url_for("links.list_batch_links", id=batch.public_id, _external=True),
        platform=batch.platform,
        state=batch.state,
        counts=Counts.model_validate(batch.counts),
        links=batch.links,
        views=batch.views,
        progress=batch.finished_share,
        waiting_for=batch.waiting_for,
        waiting_until=moment(batch.waiting_until),
        retry_of=batch.retry_of,
        repeat_of=batch.repeat_of,
        created_at=moment(batch.created_at),
        deadline_at=moment(batch.deadline_at),
        finished_at=moment(batch.closed_at),
    )
