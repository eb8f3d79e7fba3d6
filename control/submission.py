"""Links handed in, by whichever route: identified, stored, answered for."""

from typing import Annotated, Any

from flask import current_app
from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from control.auth import caller
from control.db import db
from control.openapi import Body
from crawler import acceptance, platforms
from crawler.acceptance import Entry, storable
from crawler.database import writing
from crawler.platforms.contract import Rejected

MOST_LINKS = 100_000


def _text(value: object) -> str:
    """Take any string: pydantic's own refuses half characters, which get their row like any other bad link."""
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be a string")
    return value


Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]
Links = Annotated[list[Text], Field(min_length=1, max_length=MOST_LINKS, examples=[["https://vk.com/wall-1_2"]])]


class Submission(Body):
    links: Links


def accept(platform: str, links: list[str]) -> tuple[str, list[Entry]]:
    """Store the links as a batch of the caller's: its id, and what was found in each. Committed when this returns."""
    entries = acceptance.entries(links, platforms.known()[platform].identify)
    seconds = current_app.config["BATCH_DEADLINE"]
    with writing(db.engine) as connection:
        return acceptance.store(connection, caller(), platform, entries, seconds), entries


def summary(public_id: str, entries: list[Entry]) -> dict[str, Any]:
    rejected = sum(isinstance(entry.found, Rejected) for entry in entries)
    duplicates = sum(entry.duplicate_of is not None for entry in entries)
    return {
        "id": public_id,
        "url": f"/batches/{public_id}",
        "accepted": len(entries) - rejected - duplicates,
        "duplicates": duplicates,
        "rejected": rejected,
    }


def refusal(platform: str, entry: Entry) -> dict[str, Any]:
    """Tell what is wrong with a link and what to do about it."""
    assert isinstance(entry.found, Rejected)
    return {
        "position": entry.position,
        "link": storable(entry.link),
        "reason": entry.found.reason,
        "detail": entry.found.detail,
        "message": advice(platform, entry.found.detail),
    }


def advice(platform: str, detail: str) -> str:
    return str(platforms.known()[platform].ADVICE[detail])
