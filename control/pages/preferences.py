"""`/language` and `/theme`: forms in the frame of every page. A cookie keeps the choice, and so does the account of a
user who is logged in.
"""

from urllib.parse import urlsplit

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from control.accounts import choices
from control.accounts.choices import LANGUAGES, THEMES
from control.pages import frame
from control.pages.blueprint import page as make_page
from control.times import YEAR_SECONDS
from control.web import page_sessions
from control.web.engine import db

page = make_page("preferences", page_sessions.anybody)


@page.post("/language")
def choose_language() -> AnyResponse:
    return _chosen("language", request.form.get("language", ""), LANGUAGES)


@page.post("/theme")
def choose_theme() -> AnyResponse:
    return _chosen("theme", request.form.get("theme", ""), THEMES)


def _chosen(name: str, value: str, known: tuple[str, ...]) -> AnyResponse:
    chosen = value if value in known else None
    user = page_sessions.current()
    if user:
        choices.save(db.engine, user.user_id, **{name: chosen})
    answer = redirect(_back(), 303)
    keep(answer, name, chosen)
    return answer


def keep(answer: AnyResponse, name: str, value: str | None) -> None:
    """Let the browser keep a choice, for pages that are shown without a login."""
    answer.set_cookie(
        name, value or "", max_age=YEAR_SECONDS if value else 0, secure=request.is_secure, httponly=True, samesite="Lax"
    )


def _back() -> str:
    """Return the page where the form stood. The form names it, or else the browser does."""
    parts = urlsplit(request.referrer or "")
    referrer = f"{parts.path}?{parts.query}" if parts.query else parts.path
    shown = request.form.get("next", "")
    return page_sessions.own_address(shown) or page_sessions.own_address(referrer) or frame.home()
