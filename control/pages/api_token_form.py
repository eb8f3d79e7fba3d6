"""The form of a new API token, as people fill it in."""

from pydantic import BaseModel

from control.accounts.api_tokens import Name
from control.times import Span
from crawler.store.models.accounts import Scope

SPANS = ("30d", "90d", "365d", "")  # how long it is valid; empty: until it is deleted


class NewToken(BaseModel):
    name: Name
    scope: Scope
    expires_in: Span | None


def span_of(text: str) -> str | None:
    return text or None
