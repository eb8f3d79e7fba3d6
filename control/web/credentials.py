"""Logging in by name and password, through the API and through the pages."""

from collections.abc import Callable
from typing import TypeVar

from control.accounts import attempts, passwords, users
from control.accounts.attempts import Counted
from control.accounts.usernames import spelling
from control.errors import WrongCredentials, WrongPassword
from control.web import rate_limits
from control.web.client_address import client
from control.web.engine import db
from control.web.settings import settings

Started = TypeVar("Started")


def check(username: str, password: str, start: Callable[[str, str], Started | None]) -> Started:
    """Check name and password and return what `start` makes of the user's id and password hash.

    Raises WrongCredentials, also if `start` returns None, and TooManyAttempts.
    """
    user_id, password_hash = users.find(db.engine, username)
    account = attempts.of_login(user_id, spelling(username))
    rate_limits.count_attempts(*account)
    right = passwords.matches(password_hash, password)
    started = start(user_id, password_hash or "") if right else None
    if started is None:
        raise WrongCredentials("The username or the password is wrong.")
    attempts.forget(db.engine, *account)  # of this user only: attempts from the address still count
    users.renew_hash(db.engine, user_id, password_hash or "", password)
    return started


def confirm(user_id: str, password: str) -> None:
    """Check the password of a user who is logged in already. Raises WrongPassword, TooManyAttempts."""
    rate_limits.count_attempts(*tries_of(user_id))
    if not passwords.matches(users.account(db.engine, user_id).password_hash, password):
        raise WrongPassword(passwords.WRONG)
    attempts.forget(db.engine, attempts.of_user(user_id))


def tries_of(user_id: str) -> tuple[Counted, ...]:
    """Return what an attempt at one's own password counts as: the same as a login."""
    address = (client(), attempts.of_address("login", settings().logins_per_hour))
    return (user_id, attempts.OF_CHANGES), attempts.of_user(user_id), address
