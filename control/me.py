"""`/users/me`: one's own account."""

from typing import Any

from pydantic import Field, model_validator
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import IntegrityError

from control import logins, passwords, tries
from control.auth import authenticate_person, caller
from control.db import db
from control.errors import FieldError, UsernameTaken, WrongPassword
from control.openapi import Shape, resource
from control.passwords import NewPassword, Password
from control.users import Name
from control.wording import moment
from crawler.database import writing
from crawler.models import ApiToken, Login, User, UserState

api = resource("me", "Accounts and tokens", authenticate_person)


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
def me() -> dict[str, Any]:
    """Your account."""
    with db.engine.connect() as connection:
        return _shown(connection)


@api.patch("/users/me", responses={200: UserShown, 403: None, 409: None})
def change(body: UserChange) -> dict[str, Any]:
    """Change your name, or your password: that ends all your logins and deletes all your tokens, this one too."""
    new_hash = _new_hash(body)
    with writing(db.engine) as connection:
        if body.username is not None:
            _rename(connection, body.username)
        if new_hash:
            connection.execute(_mine().values(password_hash=new_hash))
            revoke_all(connection, caller())
        return _shown(connection)


@api.delete("/users/me", responses={204: None})
def leave() -> tuple[str, int]:
    """Delete your account with all that is yours. No token is good any more; the rest is removed within minutes."""
    with writing(db.engine) as connection:
        connection.execute(_mine().values(state=UserState.LEAVING))
        revoke_all(connection, caller())
    return "", 204


def revoke_all(connection: Connection, user_id: str) -> None:
    logins.end(connection, Login.user_id == user_id)
    connection.execute(delete(ApiToken).where(ApiToken.user_id == user_id))


def _new_hash(body: UserChange) -> str | None:
    """Hash the new password once the old one has been shown; to guess that is as limited as to log in."""
    if body.password is None:
        return None
    with db.engine.connect() as connection:
        row = connection.execute(select(User.username, User.password_hash).where(User.id == caller())).one()
    account = (row.username.casefold(), tries.OF_ACCOUNT)
    tries.count(db.engine, [account])
    if not passwords.matches(row.password_hash, body.current_password or ""):
        why = "This is not your password."
        raise WrongPassword(f"current_password: {why}", [FieldError(field="current_password", message=why)])
    tries.forget(db.engine, *account)
    return passwords.hashed(body.password, body.username or row.username)


def _rename(connection: Connection, username: str) -> None:
    try:
        connection.execute(_mine().values(username=username))
    except IntegrityError:
        raise UsernameTaken("This username is taken: choose another one.") from None


def _mine() -> Any:
    return update(User).where(User.id == caller())


def _shown(connection: Connection) -> dict[str, Any]:
    row = connection.execute(select(User.__table__).where(User.id == caller())).one()
    return UserShown(
        id=row.id, username=row.username, administrator=row.admin, created_at=str(moment(row.created_at))
    ).model_dump()
