"""Bodies that our server refuses before their end. A browser is told so by a page, which only the app can make."""

from collections.abc import Mapping
from typing import NamedTuple

from flask import Flask, abort, request

from control.errors import Busy, TooManyRequests
from control.web import page_sessions
from control.web.security_headers import PAGES

KEY = "views-stats.refused"  # in the WSGI environment
MESSAGE = "Too much is being sent at once: come again in a moment."


class Refused(NamedTuple):
    """The status, and after how many seconds it is worth trying again."""

    status: int
    seconds: int | None


def wants_page(headers: Mapping[str, str]) -> bool:
    """Whether who sent these headers, named as in WSGI, is a browser that shows the answer to a person."""
    return "text/html" in headers.get("ACCEPT", "")


def install(app: Flask) -> None:
    app.before_request(_refuse)


def _refuse() -> None:
    """Guard everything: whatever is asked, it is not done without its body."""
    found: Refused | None = request.environ.get(KEY)
    if found is None or request.routing_exception:
        return
    if request.blueprint and request.blueprint.startswith(f"{PAGES}."):
        page_sessions.anybody()  # the page shows whose it is
    if found.seconds is None:
        abort(found.status)
    raise (Busy if found.status == Busy.status else TooManyRequests)(MESSAGE, found.seconds)
