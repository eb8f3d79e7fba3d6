"""Accounts: register, log in for a pair of tokens, exchange it for a new pair, log out."""

from datetime import timedelta
from typing import Annotated

from flask import request
from pydantic import Field

from control.accounts import attempts, logins, passwords
from control.accounts.passwords import Password
from control.accounts.users import NewUser, insert
from control.errors import NotAuthenticated, RegistrationClosed
from control.web import auth, credentials, jwt, rate_limits
from control.web.client_address import client
from control.web.engine import db
from control.web.jwt import Pair
from control.web.openapi import ACCOUNTS, Shape, resource
from control.web.settings import settings

NOT_A_PAIR = "This refresh token was used before, so its login is ended: log in again at POST /users/login."
OF_LOGIN = (
    f"Get a token, good for {logins.ACCESS // timedelta(minutes=1)} minutes, "
    f"and a refresh token, good for {logins.REFRESH.days} days."
)


def _count_registration() -> None:
    """Count an attempt from the address, whatever its body is, because even reading a large body is costly."""
    if request.method != "POST":
        return
    if settings().registration == "closed":
        raise RegistrationClosed("Here an administrator makes users: `flask --app control.app users add NAME`.")
    an_hour = settings().registrations_per_hour
    rate_limits.count_attempts((client(), attempts.of_address("registration", an_hour)))


def _count_login() -> None:
    """Count an attempt from the address, as for a registration. The account's is counted once its name is read."""
    if request.method == "POST":
        rate_limits.count_attempts((client(), attempts.of_address("login", settings().logins_per_hour)))


registering = resource("users", ACCOUNTS, rate_limits.by_address, _count_registration, public=True)
entering = resource("login", ACCOUNTS, rate_limits.by_address, _count_login, public=True)
refreshing = resource("refresh", ACCOUNTS, rate_limits.by_address, auth.authenticate_refresh, body="none")
leaving = resource("logout", ACCOUNTS, auth.authenticate_person, body="none")


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


@registering.post("/users", responses={201: UserMade, 403: None, 409: None})
def create_user(body: NewUser) -> tuple[UserMade, int]:
    """Make a new user."""
    user_id = insert(db.engine, body.username, passwords.hashed(body.password, body.username))
    return UserMade(id=user_id, username=body.username), 201


@entering.post("/users/login", summary=OF_LOGIN, responses={200: TokenPair, 401: None})
def login(body: Credentials) -> TokenPair:
    return _tokens(credentials.check(body.username, body.password, jwt.start))


@refreshing.post("/users/refresh", responses={200: TokenPair})
def refresh_login() -> TokenPair:
    """Exchange the refresh token, sent as bearer, for a new pair. Using it a second time ends the login."""
    pair = jwt.renew(auth.caller(), auth.login_id(), auth.refresh_id())
    if pair is None:
        raise NotAuthenticated(NOT_A_PAIR)
    return _tokens(pair)


@leaving.post("/users/logout", responses={204: None})
def logout() -> tuple[str, int]:
    """End this login. After the answer neither of its tokens is accepted."""
    logins.log_out(db.engine, auth.login_id())
    return "", 204


def _tokens(pair: Pair) -> TokenPair:
    return TokenPair(
        type="Bearer",
        token=pair.access,
        expires_in=int(logins.ACCESS.total_seconds()),
        refresh_token=pair.refresh,
        refresh_expires_in=int(logins.REFRESH.total_seconds()),
    )
