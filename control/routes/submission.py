"""Links in requests: what a list of links must look like, and what is answered once they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from flask import url_for
from pydantic import BeforeValidator, ConfigDict, FailFast, Field, PlainValidator, WithJsonSchema

from control.batches import submission
from control.batches.idempotency import Key
from control.batches.submission import MOST_LINKS
from control.web import rate_limits
from control.web.auth import caller
from control.web.engine import db
from control.web.idempotency_key import Headers, fingerprint
from control.web.openapi import Shape
from control.web.settings import settings
from crawler.platforms.advice import advice
from crawler.platforms.contract import Rejected
from crawler.queue.acceptance import Entry, NewBatch, Receipt
from crawler.reasons import Reason


def _text(value: object) -> str:
    """Accept any text, even one that pydantic's own `str` refuses: a bad link gets its row like all others."""
    if not isinstance(value, str):
        raise ValueError("A link must be a string.")  # noqa: TRY004 - pydantic turns this one into an answer
    return value


Link = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]


def _some(links: object) -> object:
    """Check the number of links before anything is validated, so that millions of links are refused at once."""
    if isinstance(links, list):
        submission.check_number(len(links))
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


# Plain dataclasses, because there may be very many of them and pydantic's models take more time and memory.
@dataclass(slots=True)
class RejectedLink:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    position: Annotated[int, Field(description="Of the link in the batch, from 0.")]
    link: Annotated[
        str, Field(description="As it is kept. It ends in `…` where the batch's refused links are too long to keep.")
    ]
    reason: Reason
    detail: str
    advice: Annotated[str, Field(description="What to send in its place.")]


@dataclass(slots=True)
class DuplicateLink:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    position: int
    duplicate_of: Annotated[int, Field(description="Position of the first link that names the same post.")]


class Accepted(Shape):
    """`accepted`, `duplicates` and `rejected` add up to the number of links that were sent."""

    id: str
    url: str
    accepted: int = Field(description="Links that name a post as the first of the batch.")
    duplicates: int = Field(description="Links to a post that an earlier one names; they end with its numbers.")
    rejected: int = Field(description="Links that are failed already.")


def sent_key(header: Headers) -> Key | None:
    return Key(header.idempotency_key, fingerprint()) if header.idempotency_key else None


def submit(
    batch: NewBatch,
    links: Sequence[str],
    key: Key | None,
    rows: Sequence[int | None] = (),
    max_age: float | None = None,
) -> tuple[Accepted, list[Entry]]:
    """Store links as a batch of the caller's."""
    rate_limits.take_links(caller(), links)
    receipt, entries = submission.submit(db.engine, settings(), batch, links, key, rows, max_age)
    return accepted(receipt), entries


def accepted(receipt: Receipt) -> Accepted:
    return Accepted(
        id=receipt.batch_id,
        url=url_for("batches.get_batch", id=receipt.batch_id, _external=True),
        accepted=receipt.accepted,
        duplicates=receipt.duplicates,
        rejected=receipt.rejected,
    )


def rejected_links(entries: list[Entry]) -> list[RejectedLink]:
    return [
        RejectedLink(
            position=entry.position,
            link=entry.link,
            reason=entry.found.reason,
            detail=entry.found.detail,
            advice=advice(entry.found.platform, entry.found.reason, entry.found.detail),
        )
        for entry in entries
        if isinstance(entry.found, Rejected)
    ]


def duplicate_links(entries: list[Entry]) -> list[DuplicateLink]:
    return [
        DuplicateLink(position=entry.position, duplicate_of=entry.duplicate_of)
        for entry in entries
        if entry.duplicate_of is not None
    ]
