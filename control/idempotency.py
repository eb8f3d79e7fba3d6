"""`Idempotency-Key`: who sends a request again gets the first one's answer, and nothing is stored twice.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
import re
from typing import Annotated

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from sqlalchemy import Connection, delete, select
from sqlalchemy.sql.dml import ReturningInsert

from control.errors import IdempotencyKeyReused, InvalidHeader
from crawler.acceptance import Receipt
from crawler.database import now, upsert
from crawler.models import Submission

REMEMBERED_SECONDS = 86_400.0
PATTERN = "^[!-~]{1,255}$"
WHAT = (
    "Send a request again with the key of the first: within 24 hours you get the first answer, nothing is made twice."
)


def _usable(key: str) -> str:
    if not re.fullmatch(PATTERN, key):
        raise InvalidHeader("Idempotency-Key must be 1 to 255 letters, digits or signs of ASCII, without spaces.")
    return key


class Headers(BaseModel):
    model_config = ConfigDict(extra="ignore")

    idempotency_key: Annotated[
        str | None,
        BeforeValidator(_usable),
        Field(default_factory=lambda: None, alias="Idempotency-Key", description=WHAT),
        WithJsonSchema({"type": "string", "pattern": PATTERN}),  # it is there or not, and never null
    ]


def claim(connection: Connection, user_id: str, key: str, receipt: Receipt) -> Receipt:
    """Return the receipt of the user's first request with this key: the given one where this is the first.

    Two at once are one: the second waits for the first one's commit. Raises IdempotencyKeyReused.
    """
    mine = (Submission.user_id == user_id, Submission.key == key)
    connection.execute(delete(Submission).where(*mine, Submission.created_at < now() - REMEMBERED_SECONDS))
    if connection.execute(_new(connection, user_id, key, receipt)).first():
        return receipt
    first = connection.execute(select(Submission.__table__).where(*mine)).one()
    if first.fingerprint != _fingerprint():
        raise IdempotencyKeyReused("This Idempotency-Key was used for another request: choose a new one for each.")
    return Receipt(first.batch_public_id, first.accepted, first.duplicates, first.rejected)


def _new(connection: Connection, user_id: str, key: str, receipt: Receipt) -> ReturningInsert[str]:
    values = {
        "user_id": user_id,
        "key": key,
        "fingerprint": _fingerprint(),
        "batch_public_id": receipt.batch_id,
        "accepted": receipt.accepted,
        "duplicates": receipt.duplicates,
        "rejected": receipt.rejected,
    }
    return upsert(connection, Submission).values(values).on_conflict_do_nothing().returning(Submission.key)


def _fingerprint() -> str:
    """Tell one request from another by its address and its bytes."""
    return hashlib.sha256(request.path.encode() + b"\0" + request.get_data()).hexdigest()
