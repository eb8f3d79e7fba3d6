"""Batches: handing in, list, progress."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Row as SqlRow
from sqlalchemy import func, select

from control import auth
from control.auth import caller
from control.db import db
from control.errors import NotFound
from control.submission import Submission, accept, refusal, summary
from crawler.models import Batch, Link, Status
from crawler.platforms.contract import Rejected
from crawler.reasons import Reason

DEFAULT_PLATFORM = "vk"

blueprint = auth.private("batches")


class RejectedLink(BaseModel):
    position: int
    link: str
    reason: Reason
    detail: str
    message: str


class DuplicateLink(BaseModel):
    position: int
    duplicate_of: int = Field(description="position of the first link to the same post")


class Accepted(BaseModel):
    id: str
    url: str
    accepted: int
    duplicates: int
    rejected: int
    duplicate_links: list[DuplicateLink]
    rejected_links: list[RejectedLink]


class BatchState(BaseModel):
    id: str
    url: str
    platform: str
    state: str = Field(description="created, in progress, done, partial, failed or cancelled")
    total: int
    counts: dict[Status, int]
    progress: float = Field(description="0 to 1")
    waiting_for: str | None = Field(description="what keeps the batch from going on")
    waiting_until: datetime | None
    created_at: datetime
    deadline_at: datetime


class BatchList(BaseModel):
    batches: list[BatchState]
    next_cursor: str | None


class BatchPath(BaseModel):
    id: str


class BatchQuery(BaseModel):
    cursor: str = Field("", description="`next_cursor` of the page before")
    limit: int = Field(20, ge=1, le=100)


@blueprint.post("/batches", summary="Hand links in", responses={202: Accepted})
def create(body: Submission) -> tuple[dict[str, Any], int, dict[str, str]]:
    public_id, entries = accept(DEFAULT_PLATFORM, body.links)
    answer = summary(public_id, entries) | {
        "duplicate_links": [
            {"position": entry.position, "duplicate_of": entry.duplicate_of}
            for entry in entries
            if entry.duplicate_of is not None
        ],
        "rejected_links": [refusal(DEFAULT_PLATFORM, entry) for entry in entries if isinstance(entry.found, Rejected)],
    }
    return answer, 202, {"Location": answer["url"]}


@blueprint.get("/batches", summary="Your batches, the newest first", responses={200: BatchList})
def list_(query: BatchQuery) -> dict[str, Any]:
    statement = select(Batch).where(Batch.user_id == caller()).order_by(Batch.id.desc()).limit(query.limit + 1)
    if query.cursor:
        statement = statement.where(Batch.id < own(query.cursor).id)
    found = db.session.execute(statement).scalars().all()
    page = found[: query.limit]
    more = len(found) > query.limit
    return {"batches": states(page), "next_cursor": page[-1].public_id if more else None}


@blueprint.get("/batches/<id>", summary="A batch's progress", responses={200: BatchState})
def show(path: BatchPath) -> dict[str, Any]:
    return states([own(path.id)])[0]


def own(public_id: str) -> Batch:
    """Return the caller's batch; that of another is as unknown as one that never was."""
    statement = select(Batch).where(Batch.public_id == public_id, Batch.user_id == caller())
    batch = db.session.execute(statement).scalar() if public_id.isalnum() and public_id.isascii() else None
    if batch is None:
        raise NotFound("You have no batch with this id.")
    return batch


def states(batches: Sequence[Batch]) -> list[dict[str, Any]]:
    """Describe batches, counting the links of all of them in one query."""
    rejected = func.count().filter(Link.post_id.is_(None))
    cancelled = func.count().filter(Link.reason == Reason.CANCELLED)
    statement = (
        select(Link.batch_id, Link.status, func.count().label("links"), rejected.label("rejected"))
        .add_columns(cancelled.label("cancelled"))
        .where(Link.batch_id.in_([batch.id for batch in batches]))
        .group_by(Link.batch_id, Link.status)
    )
    rows = db.session.execute(statement).all()
    return [_state(batch, [row for row in rows if row.batch_id == batch.id]) for batch in batches]


def _state(batch: Batch, rows: Sequence[SqlRow[Any]]) -> dict[str, Any]:
    counts = {status.value: 0 for status in Status} | {row.status: row.links for row in rows}
    total = sum(counts.values())
    unfinished = counts[Status.CREATED] + counts[Status.IN_PROGRESS]
    waits = bool(unfinished and batch.waiting_for)
    return {
        "id": batch.public_id,
        "url": f"/batches/{batch.public_id}",
        "platform": batch.platform,
        "state": derive(counts, sum(row.rejected for row in rows), sum(row.cancelled for row in rows)),
        "total": total,
        "counts": counts,
        "progress": round((total - unfinished) / total, 4),
        "waiting_for": batch.waiting_for if waits else None,
        "waiting_until": moment(batch.waiting_until) if waits else None,
        "created_at": moment(batch.created_at),
        "deadline_at": moment(batch.deadline_at),
    }


def derive(counts: dict[str, int], rejected: int, cancelled: int) -> str:
    """Derive a batch's state from its links; those that name no post were final from the beginning."""
    if counts[Status.IN_PROGRESS] or counts[Status.CREATED]:
        begun = counts[Status.IN_PROGRESS] or counts[Status.DONE] or counts[Status.FAILED] > rejected
        return "in progress" if begun else "created"
    if cancelled:
        return "cancelled"
    if counts[Status.FAILED]:
        return "partial" if counts[Status.DONE] else "failed"
    return "done"


def moment(seconds: float | None) -> str | None:
    """Write a time as RFC 3339, in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
