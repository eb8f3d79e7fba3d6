"""`/enter` and `/leave`: log in with a name and a password, and log out."""

from flask import redirect, request
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from control.accounts import attempts, first_administrator, page_logins
from control.errors import ApiError
from control.pages import frame
from control.pages.blueprint import page
from control.pages.forms import Form, sent
from control.web import credentials, page_sessions, rate_limits
from control.web.client_address import client
from control.web.engine import db
from control.web.settings import settings

SAID = {"ended", "left", "password", "ready", "gone"}  # what this page may say first, by its query

entering = page("enter", page_sessions.anybody)
leaving = page("leave", page_sessions.anybody)


@entering.get("/enter")
def show_enter() -> AnyResponse:
    if page_sessions.current():
        return redirect(_next(), 303)
    if first_administrator.nobody_is_there(db.engine):
        return redirect("/setup", 303)
    return _shown(Form())


@entering.post("/enter")
def enter() -> AnyResponse:
    form = sent("username", "password")
    try:
        rate_limits.count_attempts((client(), attempts.of_address("login", settings().logins_per_hour)))
        secret = credentials.check(form["username"], form["password"], start)
    except ApiError as error:
        return _shown(form.refused(error))
    answer = redirect(_next(), 303)
    page_sessions.begin(answer, secret)
    return answer


@leaving.post("/leave")
def leave() -> AnyResponse:
    """End this login. The cookie goes, and whatever the browser has kept of our pages."""
    login = page_sessions.current()
    if login:
        page_logins.end(db.engine, login.user_id, login.id)
    answer = redirect("/enter?left=1", 303)
    page_sessions.end(answer)
    return answer


def start(user_id: str, password_hash: str) -> str | None:
    """Begin a login for the browser that asks, and return its secret."""
    return page_logins.start(db.engine, user_id, password_hash, request.headers.get("User-Agent", ""))


def _next() -> str:
    return page_sessions.own_address(request.values.get("next", "")) or frame.home()


def _shown(form: Form) -> Response:
    said = next((name for name in sorted(SAID) if name in request.args), "") if not form.errors else ""
    there = page_sessions.own_address(request.values.get("next", ""))
    return frame.show(
        "enter.html", form.status, form=form, said=said, next=there, open=settings().registration == "open"
    )
