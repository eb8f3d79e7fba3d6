"""Links come in: what is asked of them, and what is answered once they are stored."""

from collections.abc import Sequence
from typing import Annotated, Any

import structlog
from flask import current_app, request, url_for
from pydantic import BeforeValidator, FailFast, Field, PlainValidator, WithJsonSchema

from control import doorbell, limits, quota
from control.auth import caller
from control.db import db
from control.errors import NoLinks, TooManyLinks
from control.idempotency import claim
from control.openapi import Shape
from control.settings import SETTINGS, Settings
from control.wording import advice
from crawler import acceptance
from crawler.acceptance import Entry, NewBatch, Receipt
from crawler.database import writing
from crawler.platforms import known
from crawler.platforms.contract import Rejected
from crawler.reasons import Reason

log = structlog.get_logger()

MOST_LINKS = 100_000


def _text(value: object) -> str:
    """Take any text, also what pydantic's own `str` refuses: such a link gets its row like every other bad link."""
    if not isinstance(value, str):
        raise ValueError("A link must be a string.")  # noqa: TRY004 - pydantic turns this one into an answer
    return value


Link = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]


def _some(links: object) -> object:
    """Count before anything is validated: millions of links are refused at once, as what they are."""
    if isinstance(links, list) and not links:
        raise NoLinks("The list `links` is empty: send at least one link.")
    if isinstance(links, list) and len(links) > MOST_LINKS:
        raise TooManyLinks(f"A batch takes {MOST_LINKS:,} links: send the {len(links):,} in several batches.")
    return links


class Links(Shape):
    links: Annotated[
        list[Link],
        FailFast(),
        BeforeValidator(_some),
        Field(
            description="Each gets a row, also one that is no link to a post.",
            json_schema_extra={"minItems": 1, "maxItems": MOST_LINKS, "example": ["https://vk.com/wall-1_2"]},
        ),
    ]


class RejectedLink(Shape):
    position: int = Field(description="Of the link in the batch, from 0.")
    link: str
    reason: Reason
    detail: str
    advice: str = Field(description="What to send in its place.")


class DuplicateLink(Shape):
    position: int
    duplicate_of: int = Field(description="Position of the first link that names the same post.")


class Accepted(Shape):
    """`accepted`, `duplicates` and `rejected` add up to the links sent."""

    id: str
    url: str
    accepted: int = Field(description="Links that name a post as the first of the batch.")
    duplicates: int = Field(description="Links to a post that an earlier one names; they end with its numbers.")
    rejected: int = Field(description="Links that are failed already.")


def submissions() -> None:
    """Guard a resource that takes links by POST."""
    if request.method == "POST":
        limits.take(limits.SUBMISSIONS, caller())


def _settings() -> Settings:
    settings: Settings = current_app.config[SETTINGS]
    return settings


def new_batch(platform: str, deadline: float | None = None, retry_of: str | None = None) -> NewBatch:
    """Make a batch of the caller's. `deadline` seconds from now on (None: as set), links that still wait give up."""
    return NewBatch(caller(), platform, deadline or _settings().batch_deadline, retry_of)


def submit(batch: NewBatch, links: Sequence[str], key: str | None) -> tuple[Accepted, list[Entry]]:
    """Store the links; they are committed when this returns.

    With an idempotency key that was used before nothing is stored, and the answer is the first one's.
    """
    entries = acceptance.entries(links, known()[batch.platform].identify)
    receipt = acceptance.receipt(batch.public_id, entries)
    with writing(db.engine) as connection:
        first = claim(connection, batch.user_id, key, receipt) if key else receipt
        if first is receipt:
            quota.charge(connection, batch.user_id, receipt.accepted + receipt.duplicates, _settings())
            acceptance.store(connection, batch, entries)
    doorbell.ring()
    log.info("batch accepted" if first is receipt else "batch sent again", batch=first.batch_id, links=len(links))
    return _accepted(first), entries


def _accepted(receipt: Receipt) -> Accepted:
    return Accepted(
        id=receipt.batch_id,
        url=url_for("batches.batch", id=receipt.batch_id, _external=True),
        accepted=receipt.accepted,
        duplicates=receipt.duplicates,
        rejected=receipt.rejected,
    )


def rejected_links(platform: str, entries: list[Entry]) -> list[dict[str, Any]]:
    """Write them as `RejectedLink` says, without making one each: there may be 100,000."""
    return [
        {
            "position": entry.position,
            "link": entry.link,
            "reason": entry.found.reason,
            "detail": entry.found.detail,
            "advice": advice(platform, entry.found.reason, entry.found.detail),
        }
        for entry in entries
        if isinstance(entry.found, Rejected)
    ]


def duplicate_links(entries: list[Entry]) -> list[dict[str, Any]]:
    """Write them as `DuplicateLink` says."""
    return [
        {"position": entry.position, "duplicate_of": entry.duplicate_of}
        for entry in entries
        if entry.duplicate_of is not None
    ]
