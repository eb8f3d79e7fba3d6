"""The frame of every page: the reader's language and theme, their name, and the navigation."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, make_response, render_template, request
from flask.wrappers import Response

from control.accounts.choices import LANGUAGES, THEMES, zone
from control.web import assets, cross_site, page_sessions, words
from control.web.security_headers import PAGES
from control.web.settings import settings

NAVIGATION = (  # what is shown where it is there: the name of the blueprint, its address, for administrators only
    ("checks", "/checks", False),
    ("followed", "/followed", False),
    ("reports", "/reports", False),
    ("system", "/system", True),
)
FALLBACK = "/account"
SHORTCUTS, OFF = "shortcuts", "off"  # a cookie: keyboards differ by the machine, not by the user


def show(template: str, status: int = 200, **given: Any) -> Response:
    """Answer with a page: a template of `templates/pages` that extends `pages/base.html`."""
    return make_response(render_template(f"pages/{template}", **context(), **given), status)


def context() -> dict[str, Any]:
    """Return what every template may use: `t("part.key", n=3)`, `number`, `moment`, `asset`, `csrf` and more."""
    spoken, there = language(), time_zone()
    return {
        "t": say,
        "phrase": lambda key: words.raw(spoken, key),
        "has_words": lambda key: words.has(spoken, key),
        "number": lambda value: words.number(spoken, value),
        "decimal": lambda value, places=2: words.decimal(spoken, value, places),
        "day": lambda seconds: words.day(spoken, seconds, there),
        "signed": lambda value: words.signed(spoken, value),
        "moment": lambda seconds: words.moment(spoken, seconds, there),
        "precisely": lambda seconds: words.precisely(spoken, seconds, there),
        "tick": lambda seconds, days: words.tick(spoken, seconds, there, days=days),
        "clock": lambda seconds: words.clock(seconds, there),
        "span": lambda seconds: words.span(spoken, seconds),
        "machine": words.machine,
        "asset": assets.address,
        "csrf": cross_site.token,
        "language": spoken,
        "languages": LANGUAGES,
        "theme": theme(),
        "shortcuts": request.cookies.get(SHORTCUTS) != OFF,
        "themes": (*THEMES, ""),
        "zone": there.key,
        "user": page_sessions.known(),
        "navigation": _navigation(),
        "here": request.path,
        "address": request.full_path.rstrip("?") if request.method == "GET" else "",
        "message": page_sessions.take_message(say),
    }


def say(key: str, **given: Any) -> str:
    return words.say(language(), key, **given)


def language() -> str:
    """Return the language that the user has chosen, else that of the cookie, else the one the browser asks for."""
    user = page_sessions.known()
    chosen = (user and user.language) or request.cookies.get("language")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, LANGUAGES[0])


def theme() -> str:
    """Return the theme that was chosen; empty: the system's."""
    user = page_sessions.known()
    chosen = user.theme if user else request.cookies.get("theme")
    return chosen if chosen in THEMES else ""


def time_zone() -> ZoneInfo:
    user = page_sessions.known()
    try:
        return zone((user and user.time_zone) or settings().timezone)
    except ValueError:  # the user chose a zone that this system no longer knows
        return ZoneInfo(settings().timezone)


def home() -> str:
    """Return the address of a user's first page."""
    return next((address for _, address, of_operators in _there() if not of_operators), FALLBACK)


def _there() -> list[tuple[str, str, bool]]:
    return [entry for entry in NAVIGATION if f"{PAGES}.{entry[0]}" in current_app.blueprints]


def _navigation() -> list[tuple[str, str]]:
    """Return the pages that the user may go to: the key of each one's name, and its address."""
    user = page_sessions.known()
    if user is None:
        return []
    return [(f"frame.{name}", address) for name, address, closed in _there() if user.administrator or not closed]
