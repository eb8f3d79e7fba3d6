"""What users do with a batch of theirs: cancel it, try its failed links again."""

from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field, model_validator
from sqlalchemy import select

from control.auth import authenticate
from control.batches import LOCATION, BatchPath, BatchShown, own, show
from control.db import db
from control.errors import NothingToRetry
from control.idempotency import Headers
from control.openapi import Shape, resource
from control.span import Span
from control.submission import Accepted, new_batch, submissions, submit
from crawler.database import snapshot, writing
from crawler.ending import cancel_batch
from crawler.models import Batch, Link, Status
from crawler.reasons import Reason

cancelling = resource("cancel", "Change a batch", authenticate, body="none")
retrying = resource("retry", "Change a batch", authenticate, submissions, body="optional")


class Only(StrEnum):
    """Which links are tried again."""

    RETRYABLE = "retryable"  # those that can end better
    FAILED = "failed"  # all that failed


class Retry(Shape):
    model_config = ConfigDict(extra="forbid", openapi_extra={"required": False})  # type: ignore[typeddict-unknown-key]

    only: Only = Field(Only.RETRYABLE, description="`retryable`: links that can end better. `failed`: all that failed.")
    deadline: Span | None = Field(None, description="As of `POST /batches`.", examples=["24h"])

    @model_validator(mode="before")
    @classmethod
    def _absent(cls, body: object) -> object:
        return {} if body is None else body


class Retried(Accepted):
    model_config = ConfigDict(extra="forbid", openapi_extra={"headers": {"Location": LOCATION}})  # type: ignore[typeddict-unknown-key]

    retry_of: str


@cancelling.post("/batches/<id>/cancel", responses={200: BatchShown})
def cancel(path: BatchPath) -> dict[str, Any]:
    """End a batch: from the answer on no link of it changes any more. One that is finished stays as it is."""
    with writing(db.engine) as connection:
        batch_id = own(connection, path.id)
        cancel_batch(connection, batch_id)
        return show(connection, batch_id)


@retrying.post("/batches/<id>/retry", responses={202: Retried})
def retry(path: BatchPath, header: Headers, body: Retry) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Try failed links again, as a new batch; the old one stays as it is."""
    links, platform = _failed(path.id, body.only)
    if not links:
        raise NothingToRetry(f"No link of this batch is {body.only}.")
    accepted, _ = submit(new_batch(platform, body.deadline, retry_of=path.id), links, header.idempotency_key)
    made = Retried(**accepted.model_dump(), retry_of=path.id)
    return made.model_dump(), 202, {"Location": made.url}


def _failed(public_id: str, only: Only) -> tuple[list[str], str]:
    """Links to try again, in the order sent, and their platform. They are final: reading them needs no lock."""
    reasons = [reason for reason in Reason if only == Only.FAILED or reason.retryable]
    with snapshot(db.engine) as connection:
        batch_id = own(connection, public_id)
        platform = connection.execute(select(Batch.platform).where(Batch.id == batch_id)).scalar_one()
        failed = select(Link.url).where(Link.batch_id == batch_id, Link.status == Status.FAILED)
        links = connection.execute(failed.where(Link.reason.in_(reasons)).order_by(Link.position)).scalars().all()
    return list(links), platform
