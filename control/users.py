"""Accounts: register, log in for a pair of tokens, exchange it for the next one, log out."""

from typing import Annotated, Any

from flask import current_app
from pydantic import AfterValidator, Field
from sqlalchemy import Engine, select, update

from control import auth, limits, logins, passwords, tries
from control.address import client
from control.db import db
from control.errors import NotAuthenticated, RegistrationClosed, UsernameTaken, WrongCredentials
from control.logins import Pair
from control.names import printable
from control.openapi import Shape, resource
from control.passwords import NewPassword, Password
from control.settings import SETTINGS, Settings
from crawler.database import upsert, writing
from crawler.models import Login, User, UserState

LONGEST_NAME = 64
NOT_A_PAIR = "This refresh token was used before, so its login is ended: log in again at POST /users/login."

api = resource("users", "Accounts and tokens", public=True)
refreshing = resource("refresh", "Accounts and tokens", limits.by_address, auth.authenticate_refresh, body="none")
leaving = resource("logout", "Accounts and tokens", auth.authenticate_person, body="none")

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(printable)]


class NewUser(Shape):
    username: Annotated[Name, Field(description="Case counts: `Anna` and `anna` are two users.")]
    password: NewPassword


class UserMade(Shape):
    id: str
    username: str


class Credentials(Shape):
    username: Annotated[str, Field(max_length=passwords.LONGEST)]
    password: Password


class TokenPair(Shape):
    type: str = Field(description="Always `Bearer`.")
    token: str = Field(description="For every other request.")
    expires_in: int = Field(description="Seconds.")
    refresh_token: str = Field(description="Good once, at `POST /users/refresh`, for the next pair.")
    refresh_expires_in: int = Field(description="Seconds.")


@api.post("/users", responses={201: UserMade, 403: None, 409: None})
def register(body: NewUser) -> tuple[dict[str, Any], int]:
    """Make a new user."""
    settings: Settings = current_app.config[SETTINGS]
    if settings.registration == "closed":
        raise RegistrationClosed("Here an administrator makes users: `flask --app control.app users add NAME`.")
    tries.count(db.engine, [(client(), tries.of_address("registration", settings.registrations_per_hour))])
    user_id = insert(db.engine, body.username, passwords.hashed(body.password, body.username))
    return UserMade(id=user_id, username=body.username).model_dump(), 201


@api.post("/users/login", responses={200: TokenPair, 401: None})
def login(body: Credentials) -> dict[str, Any]:
    """Get a token, good for one hour, and a refresh token, good for 14 days."""
    an_hour = current_app.config[SETTINGS].logins_per_hour
    account = (body.username.casefold(), tries.OF_ACCOUNT)
    tries.count(db.engine, [account, (client(), tries.of_address("login", an_hour))])
    user_id, password_hash = _find(db.engine, body.username)
    right = passwords.matches(password_hash, body.password)
    pair = logins.start(db.engine, user_id, password_hash or "") if right else None
    if pair is None:
        raise WrongCredentials("The username or the password is wrong.")
    tries.forget(db.engine, *account)
    _renew_hash(db.engine, user_id, password_hash or "", body.password)
    return _tokens(pair)


@refreshing.post("/users/refresh", responses={200: TokenPair})
def refresh() -> dict[str, Any]:
    """Exchange the refresh token, sent as the bearer, for the next pair. Used a second time it ends the login."""
    pair = logins.renew(db.engine, auth.caller(), auth.login_id(), auth.refresh_id())
    if pair is None:
        raise NotAuthenticated(NOT_A_PAIR)
    return _tokens(pair)


@leaving.post("/users/logout", responses={204: None})
def logout() -> tuple[str, int]:
    """End this login: from the answer on neither of its tokens is good for anything."""
    with db.engine.begin() as connection:
        logins.end(connection, Login.id == auth.login_id())
    return "", 204


def insert(engine: Engine, username: str, password_hash: str) -> str:
    """Make the user; the new id. Raises UsernameTaken."""
    with writing(engine) as connection:
        new = upsert(connection, User).values(username=username, password_hash=password_hash)
        user_id = connection.execute(new.on_conflict_do_nothing().returning(User.id)).scalar()
    if user_id is None:
        raise UsernameTaken("This username is taken: choose another one.")
    return str(user_id)


def _find(engine: Engine, username: str) -> tuple[str, str | None]:
    nobody = ("", None)
    if "\0" in username:  # PostgreSQL refuses to compare with it
        return nobody
    found = select(User.id, User.password_hash).where(User.username == username, User.state == UserState.ACTIVE)
    with engine.connect() as connection:
        row = connection.execute(found).first()
    return (row.id, row.password_hash) if row else nobody


def _renew_hash(engine: Engine, user_id: str, old: str, password: str) -> None:
    """Hash with today's parameters, unless the password was changed meanwhile."""
    if new := passwords.renewed(old, password):
        same = update(User).where(User.id == user_id, User.password_hash == old)
        with engine.begin() as connection:
            connection.execute(same.values(password_hash=new))


def _tokens(pair: Pair) -> dict[str, Any]:
    return TokenPair(
        type="Bearer",
        token=pair.access,
        expires_in=int(logins.ACCESS.total_seconds()),
        refresh_token=pair.refresh,
        refresh_expires_in=int(logins.REFRESH.total_seconds()),
    ).model_dump()
