"""`/users/me`: the caller's own account."""

from pydantic import Field, model_validator

from control.accounts import attempts, passwords, users
from control.accounts.passwords import NewPassword, Password
from control.accounts.usernames import Name
from control.accounts.users import Account
from control.times import moment
from control.web import rate_limits
from control.web.auth import authenticate_person, caller
from control.web.client_address import client
from control.web.engine import db
from control.web.openapi import ACCOUNTS, Shape, resource
from control.web.settings import settings

api = resource("me", ACCOUNTS, authenticate_person)


class UserShown(Shape):
    id: str
    username: str
    administrator: bool
    created_at: str


class UserChange(Shape):
    username: Name | None = None
    password: NewPassword | None = Field(None, description="A new one ends all logins and deletes all tokens.")
    current_password: Password | None = Field(None, description="Wanted where `password` is changed.")

    @model_validator(mode="after")
    def _whole(self) -> "UserChange":
        if self.username is None and self.password is None:
            raise ValueError("Send `username`, or `password` with `current_password`.")
        if (self.password is None) != (self.current_password is None):
            raise ValueError("Send `password` and `current_password` together.")
        return self


@api.get("/users/me", responses={200: UserShown})
def get_account() -> UserShown:
    """Your account."""
    return _shown(users.account(db.engine, caller()))


@api.patch("/users/me", responses={200: UserShown, 403: None, 409: None})
def update_account(body: UserChange) -> UserShown:
    """Change your name or your password. A new password ends all your logins and deletes all your tokens."""
    account = users.account(db.engine, caller())
    name = body.username or account.username
    if body.password is not None:
        passwords.check(body.password, name)
    rate_limits.count_attempts(*_tries(body))
    hashes = None
    if body.password is not None:
        hashes = users.hashes(account, body.current_password or "", body.password, name)
    return _shown(users.change(db.engine, account.id, username=body.username, hashes=hashes))


@api.delete("/users/me", responses={204: None})
def delete_account() -> tuple[str, int]:
    """Delete your account and all your data. Your tokens stop working at once, and the data is gone within minutes."""
    users.leave(db.engine, caller())
    return "", 204


def _tries(body: UserChange) -> list[attempts.Counted]:
    """Return what the change counts as. Asking for a name tells whether it is taken, so it counts as a registration;
    showing a password counts as a login.
    """
    counted: list[attempts.Counted] = [(caller(), attempts.OF_CHANGES)]
    if body.username is not None:
        counted.append((client(), attempts.of_address("registration", settings().registrations_per_hour)))
    if body.password is not None:
        counted += [attempts.of_user(caller()), (client(), attempts.of_address("login", settings().logins_per_hour))]
    return counted


def _shown(account: Account) -> UserShown:
    return UserShown(
        id=account.id,
        username=account.username,
        administrator=account.administrator,
        created_at=moment(account.created_at),
    )
