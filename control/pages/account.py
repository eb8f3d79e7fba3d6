"""`/account`: what a user can see and change of their own account."""

from flask import redirect, request
from flask.wrappers import Response
from pydantic import BaseModel, ValidationError
from werkzeug.wrappers import Response as AnyResponse

from control.accounts import api_tokens, attempts, choices, page_logins, passwords, users
from control.accounts.passwords import NewPassword
from control.accounts.usernames import Name
from control.batches import quota
from control.campaigns import placements, price
from control.errors import ApiError, NotFound
from control.pages import frame, preferences
from control.pages.api_token_form import NewToken, span_of
from control.pages.blueprint import page as make_page
from control.pages.browser_names import browser_name
from control.pages.forms import Form, sent
from control.web import credentials, page_sessions, rate_limits
from control.web.client_address import client
from control.web.engine import db
from control.web.settings import settings
from crawler.store.database import reading

FIRST_ZONES = (  # of Russia, from the west
    *("Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Krasnoyarsk"),
    *("Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka"),
)

page = make_page("account", page_sessions.person)


class NewName(BaseModel):
    username: Name


class NewSecret(BaseModel):
    password: NewPassword


@page.get("/account")
def show_account() -> Response:
    return _shown()


@page.post("/account/name")
def change_name() -> AnyResponse:
    form, user = sent("username"), page_sessions.user()
    try:
        name = NewName(username=form["username"]).username
        an_hour = settings().registrations_per_hour
        registration = (client(), attempts.of_address("registration", an_hour))
        rate_limits.count_attempts((user.user_id, attempts.OF_CHANGES), registration)
        users.change(db.engine, user.user_id, username=name, hashes=None)
    except ValidationError as error:
        return _shown(name=form.invalid(error))
    except ApiError as error:
        return _shown(name=form.refused(error))
    page_sessions.leave_message("account.said.name")
    return redirect("/account", 303)


@page.post("/account/password")
def change_password() -> AnyResponse:
    """Change the password. That ends all logins, this one too."""
    form, user = sent("current_password", "password", "again"), page_sessions.user()
    try:
        new = NewSecret(password=form["password"]).password
        if new != form["again"]:
            return _shown(password=form.wrong("again", "errors.different"))
        passwords.check(new, user.username)
        rate_limits.count_attempts(*credentials.tries_of(user.user_id))
        account = users.account(db.engine, user.user_id)
        hashes = users.hashes(account, form["current_password"], new, account.username)
        users.change(db.engine, user.user_id, username=None, hashes=hashes)
    except ValidationError as error:
        return _shown(password=form.invalid(error))
    except ApiError as error:
        return _shown(password=form.refused(error))
    return _out("password")


@page.post("/account/choices")
def choose() -> AnyResponse:
    given = sent("language", "time_zone", "theme", frame.SHORTCUTS)
    chosen = {
        "language": given["language"] if given["language"] in choices.LANGUAGES else None,
        "time_zone": given["time_zone"] if given["time_zone"] in choices.time_zones() else None,
        "theme": given["theme"] if given["theme"] in choices.THEMES else None,
    }
    choices.save(db.engine, page_sessions.user().user_id, **chosen)
    page_sessions.leave_message("account.said.choices")
    answer = redirect("/account", 303)
    for name in ("language", "theme"):
        preferences.keep(answer, name, chosen[name])
    preferences.keep(answer, frame.SHORTCUTS, frame.OFF if given[frame.SHORTCUTS] == frame.OFF else None)
    return answer


@page.post("/account/logins/<id>/end")
def end_login(id: str) -> AnyResponse:  # noqa: A002 - the route's word
    user = page_sessions.user()
    if not page_logins.end(db.engine, user.user_id, id):
        raise NotFound("You have no login of this id.")
    if id == user.id:
        return _out("left")
    page_sessions.leave_message("account.said.login")
    return redirect("/account#logins", 303)


@page.post("/account/tokens")
def create_token() -> AnyResponse:
    """Make a token. Only this answer shows its text, which is stored nowhere."""
    form = sent("name", "scope", "expires_in")
    try:
        given = {"name": form["name"], "scope": form["scope"], "expires_in": span_of(form["expires_in"])}
        new = NewToken.model_validate(given)
        _, text = api_tokens.create(db.engine, page_sessions.user().user_id, new.name, new.scope, new.expires_in)
    except ValidationError as error:
        return _shown(token=form.invalid(error))
    except ApiError as error:
        return _shown(token=form.refused(error))
    return _shown(made=text)


@page.post("/account/tokens/<id>/delete")
def delete_token(id: str) -> AnyResponse:  # noqa: A002
    api_tokens.revoke(db.engine, page_sessions.user().user_id, id)
    page_sessions.leave_message("account.said.token")
    return redirect("/account#tokens", 303)


@page.post("/account/delete")
def delete_account() -> AnyResponse:
    """Delete the account. The user has to type its name and its password."""
    form, user = sent("account_name", "account_password"), page_sessions.user()
    try:
        if form["account_name"].strip() != user.username:
            return _shown(deletion=form.wrong("account_name", "errors.wrong_name"))
        credentials.confirm(user.user_id, form["account_password"])
    except ApiError as error:
        return _shown(deletion=form.refused(error))
    users.leave(db.engine, user.user_id)
    return _out("gone")


def _out(why: str) -> AnyResponse:
    answer = redirect(f"/enter?{why}=1", 303)
    page_sessions.end(answer)
    return answer


def _shown(**forms: Form | str) -> Response:
    """Show the page. `forms` are forms that were refused, and `made` is the text of a new token."""
    user = page_sessions.user()
    with reading(db.engine) as connection:
        used = quota.used(connection, user.user_id)
        followed, planned = placements.count(connection, user.user_id), price.of_user(connection, user.user_id).a_day
    named = {"name": Form({"username": user.username})} | {name: Form() for name in ("password", "token", "deletion")}
    refused = {name: form for name, form in forms.items() if isinstance(form, Form)}
    return frame.show(
        "account.html",
        next((form.status for form in refused.values()), 200),
        forms=named | refused,
        failed=next(iter(refused.values()), Form()),
        made=forms.get("made", ""),
        root=request.host_url,
        used=used,
        followed=followed,
        planned=planned,
        most=settings(),
        browser_name=browser_name,
        tokens=api_tokens.of_user(db.engine, user.user_id),
        logins=page_logins.listed(db.engine, user.user_id),
        zones=(FIRST_ZONES, [name for name in choices.time_zones() if name not in FIRST_ZONES]),
    )
