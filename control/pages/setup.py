"""`/setup`: make the first administrator, with the key that `make run` has printed. Afterwards the page is gone."""

from flask import redirect, request
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from control.accounts import attempts, first_administrator, passwords
from control.logs import get_logger
from control.pages import frame
from control.pages.blueprint import page as make_page
from control.pages.enter import start
from control.pages.forms import Form, sent
from control.pages.register import MISTAKES, explained, read_user
from control.web import page_sessions, rate_limits
from control.web.client_address import client
from control.web.engine import db
from control.web.settings import settings

page = make_page("setup", page_sessions.anybody)
log = get_logger()


@page.before_request
def check_wanted() -> AnyResponse | None:
    return None if first_administrator.is_wanted(db.engine) else redirect("/enter", 303)


@page.get("/setup")
def show_setup() -> Response:
    return _shown(Form({"key": request.args.get("key", "")}))


@page.post("/setup")
def set_up() -> AnyResponse:
    form = sent("key", "username", "password", "again")
    try:
        rate_limits.count_attempts((client(), attempts.of_address("login", settings().logins_per_hour)))
        if not first_administrator.is_key(form["key"].strip()):
            return _shown(form.wrong("key", "errors.wrong_key", 403))
        who = read_user(form)
        password_hash = passwords.hashed(who.password, who.username)
        user_id = first_administrator.create(db.engine, who.username, password_hash)
    except MISTAKES as error:
        return _shown(explained(form, error))
    if user_id is None:
        return redirect("/enter", 303)
    first_administrator.forget_key()
    log.info("first administrator made", user=user_id)
    answer = redirect(frame.home(), 303)
    secret = start(user_id, password_hash)
    if secret:
        page_sessions.begin(answer, secret)
    return answer


def _shown(form: Form) -> Response:
    """Show the form. It contains the key from the address, because whoever has the key may see it."""
    return frame.show("setup.html", form.status, form=form, key=form["key"])
