"""Links come in: what is asked of them, and what is answered once they are stored."""

from collections.abc import Sequence
from typing import Annotated

import structlog
from flask import current_app, url_for
from pydantic import BeforeValidator, FailFast, Field, PlainValidator, WithJsonSchema

from control.auth import caller
from control.db import db
from control.errors import NoLinks, TooManyLinks
from control.openapi import Shape
from control.wording import advice
from crawler import acceptance
from crawler.database import writing
from crawler.platforms import known
from crawler.platforms.contract import Rejected
from crawler.reasons import Reason

log = structlog.get_logger()

MOST_LINKS = 100_000
DEADLINE = "BATCH_DEADLINE"  # its key in the app's configuration, in seconds


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


def submit(platform: str, links: Sequence[str]) -> tuple[Accepted, list[acceptance.Entry]]:
    """Store the links as a batch of the caller's; it is committed when this returns."""
    entries = acceptance.entries(links, known()[platform].identify)
    with writing(db.engine) as connection:
        batch_id = acceptance.store(connection, caller(), platform, entries, current_app.config[DEADLINE])
    accepted = _accepted(batch_id, entries)
    log.info("batch accepted", batch=batch_id, links=len(entries), rejected=accepted.rejected)
    return accepted, entries


def _accepted(batch_id: str, entries: list[acceptance.Entry]) -> Accepted:
    rejected = sum(isinstance(entry.found, Rejected) for entry in entries)
    duplicates = sum(entry.duplicate_of is not None for entry in entries)
    return Accepted(
        id=batch_id,
        url=url_for("batches.batch", id=batch_id, _external=True),
        accepted=len(entries) - rejected - duplicates,
        duplicates=duplicates,
        rejected=rejected,
    )


def rejected_links(platform: str, entries: list[acceptance.Entry]) -> list[RejectedLink]:
    return [
        RejectedLink(
            position=entry.position,
            link=acceptance.storable(entry.link),
            reason=entry.found.reason,
            detail=entry.found.detail,
            advice=advice(platform, entry.found.reason, entry.found.detail),
        )
        for entry in entries
        if isinstance(entry.found, Rejected)
    ]


def duplicate_links(entries: list[acceptance.Entry]) -> list[DuplicateLink]:
    return [
        DuplicateLink(position=entry.position, duplicate_of=entry.duplicate_of)
        for entry in entries
        if entry.duplicate_of is not None
    ]
