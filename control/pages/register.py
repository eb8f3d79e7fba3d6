"""`/register`: make an account, if REGISTRATION is open."""

from flask import redirect
from flask.wrappers import Response
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from control.accounts import attempts, passwords, users
from control.accounts.users import NewUser
from control.errors import ApiError, RegistrationClosed
from control.pages import frame
from control.pages.blueprint import page as make_page
from control.pages.enter import start
from control.pages.forms import Form, sent
from control.web import page_sessions, rate_limits
from control.web.client_address import client
from control.web.engine import db
from control.web.settings import settings

page = make_page("register", page_sessions.anybody)


@page.before_request
def check_open() -> None:
    if settings().registration == "closed":
        raise RegistrationClosed("Here an administrator makes users.")


@page.get("/register")
def show_register() -> Response:
    return _shown(Form())


@page.post("/register")
def register() -> AnyResponse:
    form = sent("username", "password", "again")
    try:
        rate_limits.count_attempts((client(), attempts.of_address("registration", settings().registrations_per_hour)))
        who = read_user(form)
        password_hash = passwords.hashed(who.password, who.username)
        secret = start(users.insert(db.engine, who.username, password_hash), password_hash)
    except MISTAKES as error:
        return _shown(explained(form, error))
    answer = redirect(frame.home(), 303)
    if secret:
        page_sessions.begin(answer, secret)
    return answer


class DifferentError(ValueError):
    """The two passwords that were typed differ."""


MISTAKES = (ValidationError, ApiError, DifferentError)


def explained(form: Form, mistake: ValidationError | ApiError | DifferentError) -> Form:
    """Note in the form what is wrong with it."""
    if isinstance(mistake, ValidationError):
        return form.invalid(mistake)
    if isinstance(mistake, ApiError):
        return form.refused(mistake)
    return form.wrong("again", "errors.different")


def read_user(form: Form) -> NewUser:
    """Read the name and the password of a new user. Raises ValidationError, DifferentError."""
    who = NewUser(username=form["username"], password=form["password"])
    if form["password"] != form["again"]:
        raise DifferentError
    return who


def _shown(form: Form) -> Response:
    return frame.show("register.html", form.status, form=form)
