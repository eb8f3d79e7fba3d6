"""The header `Idempotency-Key`, and the fingerprint of a request."""

import hashlib
import re
from typing import Annotated

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from control.batches.idempotency import REMEMBERED_SECONDS
from control.errors import InvalidHeader

PATTERN = "^[!-~]{1,255}$"
WHAT = (
    f"Send a request again with the key of the first: within {REMEMBERED_SECONDS // 3600} hours you get the first "
    "answer, nothing is made twice."
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
        WithJsonSchema({"type": "string", "pattern": PATTERN}),  # a header may be missing but is never null
    ]


def fingerprint() -> str:
    """Return a hash of the request's address and body, which tells it from other requests."""
    return hashlib.sha256(request.path.encode() + b"\0" + request.get_data()).hexdigest()
