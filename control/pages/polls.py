"""Answers to a page's script, which asks again and again for texts that it puts in their places."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256

from flask import make_response, request
from werkzeug.wrappers import Response as AnyResponse


@dataclass(frozen=True, slots=True)
class News:
    """`texts` by their places, what the title begins with, what a screen reader is to say, how far the bar is.

    Once it is `over`, there is more to see than the page has places for: the `button` leads there, or `to` elsewhere.
    """

    texts: dict[str, str]
    tab: str
    says: str
    over: bool
    button: str
    done: int = 0
    to: str = ""


def answer(news: News) -> AnyResponse:
    """Answer with the texts, or with 304 if nothing has changed."""
    body = json.dumps(asdict(news), ensure_ascii=False, separators=(",", ":"))
    found = make_response(body)
    found.mimetype = "application/json"
    found.set_etag(sha256(body.encode()).hexdigest()[:16])
    found.headers["Cache-Control"] = "private, no-cache"
    return found.make_conditional(request)
