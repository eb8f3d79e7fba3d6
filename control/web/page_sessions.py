"""Who is looking at a page: the user of the login that a cookie names. The API accepts no cookies, pages no tokens.

Browsers send the cookie only with requests from our own pages (SameSite=Strict). A link on another site therefore comes
without it, even after a redirect, so we answer with a page that asks for the same address again by itself.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from control.accounts import page_logins
from control.accounts.last_uses import LastUses
from control.accounts.page_logins import PageLogin
from control.errors import AdministratorsOnly
from control.web import rate_limits
from control.web.client_address import client
from control.web.engine import db
from control.web.security_headers import PAGES

LAST_USES = "last uses of page logins"  # their key among the app's extensions
LOOKING = {"GET", "HEAD"}
ENTER = "/enter"
FOUND = "views-stats.page_login"  # its key in the WSGI environment


def install(app: Flask) -> None:
    with app.app_context():
        app.extensions[LAST_USES] = LastUses(db.engine, page_logins.seen)


def cookie_name() -> str:
    """Return the cookie's name. Over TLS it is one that only this host can set (RFC 6265bis, 4.1.3.2)."""
    return "__Host-views" if request.is_secure else "views"


def secret() -> str:
    return request.cookies.get(cookie_name(), "")


def current() -> PageLogin | None:
    """Return the login of this request; it is looked up once."""
    if FOUND not in request.environ:
        found = page_logins.find(db.engine, secret()) if secret() else None
        if found and found.stale:
            current_app.extensions[LAST_USES].note(found.id)
        request.environ[FOUND] = found
    return known()


def known() -> PageLogin | None:
    """Return the login of this request if it was looked up already. Error pages must not ask a failing database."""
    found: PageLogin | None = request.environ.get(FOUND)
    return found


def user() -> PageLogin:
    """Return the login of this request, on a page that `person` guards."""
    found = current()
    assert found is not None
    return found


def has_left() -> bool:
    """Whether the user was deleted while their request was under way."""
    found = known()
    return bool(found) and page_logins.find(db.engine, secret()) is None


def begin(response: AnyResponse, new: str) -> None:
    """Give the browser the secret of a new login."""
    _set(response, new, int(page_logins.LONGEST))


def end(response: AnyResponse) -> None:
    """Remove the cookie and everything that the browser stores of our pages."""
    _set(response, "", 0)
    if request.is_secure:  # over plain http browsers only log a warning
        response.headers["Clear-Site-Data"] = '"cache"'


def _set(response: AnyResponse, value: str, seconds: int) -> None:
    response.set_cookie(
        cookie_name(), value, max_age=seconds, path="/", secure=request.is_secure, httponly=True, samesite="Strict"
    )


def come_again() -> Response | None:
    """Guard all pages: a link on another site is asked for again from our page, so that the cookie comes too."""
    followed = request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method in LOOKING
    if followed and not secret():
        return make_response(render_template("pages/again.html"))
    return None


def anybody() -> None:
    """Guard a page that needs no login."""
    found = current()
    rate_limits.take(_kind(), found.user_id if found else client())


def person() -> AnyResponse | None:
    """Guard a page that needs a login."""
    found = current()
    if found is None:
        rate_limits.take(_kind(), client())
        return to_enter()
    rate_limits.take(_kind(), found.user_id)
    return None


def administrator() -> AnyResponse | None:
    """Guard a page for administrators."""
    if answer := person():
        return answer
    if not user().administrator:
        raise AdministratorsOnly("This page is for administrators.")
    return None


def _kind() -> str:
    return rate_limits.READS if request.method in LOOKING else rate_limits.CHANGES


def to_enter() -> AnyResponse:
    """Send a visitor who is not logged in to the login page, and from there back."""
    path = request.full_path.rstrip("?") if request.method in LOOKING else urlsplit(request.referrer or "").path
    there = own_address(path)
    ended = "&ended=1" if secret() else ""
    return redirect(f"{ENTER}?next={quote(there)}{ended}" if there else ENTER, 303)


def own_address(address: str) -> str:
    """Return the address if it is one of our pages that can be looked at, else an empty text."""
    parts = urlsplit(address) if address.isprintable() and "\\" not in address else urlsplit("")
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or address.startswith("//"):
        return ""
    try:
        endpoint, _ = current_app.url_map.bind("").match(parts.path, "GET")
    except HTTPException:
        return ""
    return address if endpoint.startswith(f"{PAGES}.") else ""


def leave_message(key: str, **given: Any) -> None:
    """Have the next page show this message once."""
    page_logins.leave_message(db.engine, user().id, json.dumps([key, given]))


def take_message(say: Callable[..., str]) -> str:
    """Return the message that the page before has left, in words, and forget it."""
    found = known()
    if found is None or found.message is None:
        return ""
    page_logins.leave_message(db.engine, found.id, None)
    key, given = json.loads(found.message)
    return say(key, **given)
