"""What users do with one of their batches: cancel it, try its failed links again, or measure all of it again."""

from collections.abc import Callable
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from control.batches import cancellation
from control.batches.asked_again import Again, Only, all_links, failed_links
from control.batches.submission import first_receipt, new_batch
from control.routes.batches import LOCATION, BatchPath, BatchShown, show
from control.routes.submission import Accepted, accepted, sent_key, submit
from control.times import Span
from control.web import open_submissions
from control.web.auth import authenticate, caller
from control.web.engine import db
from control.web.idempotency_key import Headers
from control.web.openapi import BATCHES, Shape, resource
from control.web.settings import settings

cancelling = resource("cancel", BATCHES, authenticate, body="none")
retrying = resource("retry", BATCHES, authenticate, open_submissions.guard, body="optional")


class Repeat(Shape):
    model_config = ConfigDict(extra="forbid", openapi_extra={"required": False})  # type: ignore[typeddict-unknown-key]

    deadline: Span | None = Field(None, description="As of `POST /batches`.", examples=["24h"])

    @model_validator(mode="before")
    @classmethod
    def _absent(cls, body: object) -> object:
        return {} if body is None else body


class Retry(Repeat):
    only: Only = Field(Only.RETRYABLE, description="`retryable`: links that can end better. `failed`: all that failed.")


class Retried(Accepted):
    model_config = ConfigDict(extra="forbid", openapi_extra={"headers": {"Location": LOCATION}})  # type: ignore[typeddict-unknown-key]

    retry_of: str


class Repeated(Accepted):
    model_config = ConfigDict(extra="forbid", openapi_extra={"headers": {"Location": LOCATION}})  # type: ignore[typeddict-unknown-key]

    repeat_of: str


@cancelling.post("/batches/<id>/cancel", responses={200: BatchShown})
def cancel_batch(path: BatchPath) -> BatchShown:
    """Cancel a batch. After the answer none of its links changes any more. A finished batch stays as it is."""
    return show(cancellation.cancel(db.engine, caller(), path.id))


@retrying.post("/batches/<id>/retry", responses={202: Retried})
def retry_batch(path: BatchPath, header: Headers, body: Retry) -> tuple[Retried, int, dict[str, str]]:
    """Try the failed links again as a new batch. The old batch stays as it is."""
    made = _ask_again(header, body, lambda: failed_links(db.engine, caller(), path.id, body.only), retry_of=path.id)
    return Retried(**dict(made), retry_of=path.id), 202, {"Location": made.url}


@retrying.post("/batches/<id>/repeat", responses={202: Repeated})
def repeat_batch(path: BatchPath, header: Headers, body: Repeat) -> tuple[Repeated, int, dict[str, str]]:
    """Measure all links again as a new batch, with their own columns. The old batch stays as it is."""
    made = _ask_again(header, body, lambda: all_links(db.engine, caller(), path.id), repeat_of=path.id)
    return Repeated(**dict(made), repeat_of=path.id), 202, {"Location": made.url}


def _ask_again(header: Headers, body: Repeat, find: Callable[[], Again], **of: Any) -> Accepted:
    """Store what `find` finds as a new batch, unless the same request has done so."""
    key = sent_key(header)
    if first := first_receipt(db.engine, caller(), key):
        return accepted(first)
    again = find()
    batch = new_batch(caller(), settings(), again.platform, deadline=body.deadline, name=again.name, **of)
    made, _ = submit(batch, again.links, key, again.rows)
    return made
