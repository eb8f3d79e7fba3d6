"""`/system`: for administrators, the state of the system, and its users."""

from flask import redirect, request
from flask.wrappers import Response
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.wrappers import Response as AnyResponse

from control.accounts import administration, passwords, users
from control.accounts.administration import NoSuchUserError
from control.accounts.users import NewUser
from control.batches import quota
from control.errors import ApiError, NotReady
from control.logs import get_logger
from control.monitoring.latest_runs import latest_runs
from control.pages import frame, polls, system_words
from control.pages.blueprint import page as make_page
from control.pages.forms import Form, sent
from control.pages.system_troubles import troubles
from control.web import cached_readiness, credentials, page_sessions
from control.web.engine import db
from control.web.rate_limits import by_address
from crawler.process.environment import PROJECT
from crawler.store.models.accounts import UserState

ON_A_PAGE = 50  # users
ACTIONS = ("disable", "enable", "promote", "demote")

log = get_logger()


def check_administrator() -> AnyResponse | None:
    """Guard the page. While the database does not answer we cannot know who asks, so everybody is told only that."""
    try:
        cached_readiness.look()
        return page_sessions.administrator()
    except (NotReady, DBAPIError, PoolTimeout):
        by_address()
        return frame.show("system_silent.html", 503)


page = make_page("system", check_administrator)


@page.get("/system")
def show_system() -> Response:
    return _shown()


@page.get("/system/news")
def follow() -> AnyResponse:
    """How the system does, as texts that a script puts in their places. `shape`: of the page that asks."""
    found = cached_readiness.look(cached_readiness.OF_ADMINISTRATORS_SECONDS)
    changed = request.args.get("shape") != system_words.shape(found)
    button = frame.say("system.changed" if changed else "system.refresh")
    says, tab = system_words.says(found), system_words.tab(found)
    return polls.answer(polls.News(system_words.texts(found), tab, says, changed, button))


@page.post("/system/users")
def make_user() -> AnyResponse:
    form = sent("username", "password", "make_password")
    try:
        who = NewUser(username=form["username"], password=form["password"])
        credentials.confirm(page_sessions.user().user_id, form["make_password"])
        users.insert(db.engine, who.username, passwords.hashed(who.password, who.username))
    except ValidationError as error:
        return _shown(make=form.invalid(error))
    except ApiError as error:
        return _shown(make=form.refused(error))
    return _done("make", who.username)


@page.post("/system/users/change")
def change_user() -> AnyResponse:
    form = sent("who", "action", "change_password")
    name, action, asker = form["who"], form["action"], page_sessions.user()
    if action not in ACTIONS:
        return _shown(change=form.wrong("action", "errors.invalid"))
    if name == asker.username:  # so that at least one administrator remains
        return _shown(change=form.wrong("who", "errors.yourself"))
    try:
        credentials.confirm(asker.user_id, form["change_password"])
        _change(name, action)
    except ApiError as error:
        return _shown(change=form.refused(error))
    except NoSuchUserError:
        return _shown(change=form.wrong("who", "errors.no_such_user"))
    return _done(action, name)


def _change(name: str, action: str) -> None:
    if action in {"promote", "demote"}:
        administration.set_administrator(db.engine, name, administrator=action == "promote")
    else:
        state = UserState.ACTIVE if action == "enable" else UserState.DISABLED
        administration.set_state(db.engine, name, state)


def _done(action: str, name: str) -> AnyResponse:
    """Log who has changed whose account, because somebody may ask later."""
    log.info("user changed by an administrator", action=action, user=name, by=page_sessions.user().username)
    page_sessions.leave_message(f"system.said.{action}", name=name)
    return redirect("/system#users", 303)


def _shown(**refused: Form) -> Response:
    found = cached_readiness.look(cached_readiness.OF_ADMINISTRATORS_SECONDS)
    after = request.args.get("after", "")
    people, following = administration.page_of_users(db.engine, after, ON_A_PAGE)
    return frame.show(
        "system.html",
        next((form.status for form in refused.values()), 200),
        found=found,
        troubles=troubles(found),
        words_of=system_words,
        texts=system_words.texts(found),
        dialect=db.engine.dialect.name,
        runs=latest_runs(db.engine),
        log_address=_log_address,
        people=people,
        following=following,
        after=after,
        today=quota.links_today(db.engine),
        actions=ACTIONS,
        forms={"make": Form(), "change": Form({"who": request.args.get("who", "")})} | refused,
        failed=next(iter(refused.values()), Form()),
    )


def _log_address(node: str, platform: str, run: str) -> str:
    """Return the address of a run's log in scrapyd's console. `node` is one of SCRAPYD_URLS."""
    return f"{node}/logs/{PROJECT}/{platform}_views/{run}.log"
