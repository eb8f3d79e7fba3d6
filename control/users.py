"""Accounts: register, and log in for a token."""

import unicodedata
from functools import cache
from secrets import token_urlsafe
from typing import Annotated, Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import AfterValidator, ConfigDict, Field
from sqlalchemy import Engine, select, update

from control import auth
from control.db import db
from control.errors import UsernameTaken, WrongCredentials
from control.openapi import Shape, resource
from crawler.database import upsert, writing
from crawler.models import User

LONGEST_NAME = 64
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024

api = resource("users", "Accounts and tokens", public=True)
hasher = PasswordHasher()


def _printable(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        raise ValueError("Use printable characters only, with no space at the beginning or end.")
    return name


def _normal(password: str) -> str:
    """Bring it into one form: another keyboard's spelling of the same characters is the same password.

    NIST SP 800-63B, 3.1.1.2.
    """
    return unicodedata.normalize("NFKC", password)


Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_printable)]
Password = Annotated[str, Field(max_length=LONGEST_PASSWORD, json_schema_extra={"format": "password"})]


class NewUser(Shape):
    model_config = ConfigDict(extra="ignore")  # the original's clients may send more

    username: Annotated[Name, Field(description="Case counts: `Anna` and `anna` are two users.")]
    password: Annotated[Password, Field(min_length=SHORTEST_PASSWORD)]


class UserMade(Shape):
    id: str
    username: str


class Login(Shape):
    model_config = ConfigDict(extra="ignore")

    username: Annotated[str, Field(max_length=LONGEST_PASSWORD)]
    password: Password


class Token(Shape):
    type: str = Field(description="Always `Bearer`.")
    token: str
    expires_in: int = Field(description="Seconds.")


@api.post("/users", responses={201: UserMade, 409: None})
def register(body: NewUser) -> tuple[dict[str, Any], int]:
    """Make a new user."""
    user_id = _insert(db.engine, body.username, hasher.hash(_normal(body.password)))
    return UserMade(id=user_id, username=body.username).model_dump(), 201


@api.post("/users/login", responses={200: Token, 401: None})
def login(body: Login) -> dict[str, Any]:
    """Get a token, good for one hour."""
    token = auth.issue(_verified(db.engine, body.username, _normal(body.password)))
    return Token(type="Bearer", token=token, expires_in=int(auth.LIFETIME.total_seconds())).model_dump()


def _insert(engine: Engine, username: str, password_hash: str) -> str:
    with writing(engine) as connection:
        new = upsert(connection, User).values(username=username, password_hash=password_hash)
        user_id = connection.execute(new.on_conflict_do_nothing().returning(User.id)).scalar()
    if user_id is None:
        raise UsernameTaken("This username is taken: choose another one.")
    return str(user_id)


def _verified(engine: Engine, username: str, password: str) -> str:
    """Return the id of the user. An unknown one costs as much time as a wrong password."""
    user_id, password_hash = _find(engine, username)
    try:
        hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        user_id = None
    if user_id is None:
        raise WrongCredentials("The username or the password is wrong.")
    if hasher.check_needs_rehash(password_hash):
        _rehash(engine, user_id, password_hash, password)
    return user_id


def _find(engine: Engine, username: str) -> tuple[str | None, str]:
    nobody = (None, _dummy_hash())
    if "\0" in username:  # PostgreSQL refuses to compare with it
        return nobody
    with engine.connect() as connection:
        row = connection.execute(select(User.id, User.password_hash).where(User.username == username)).first()
    return (row.id, row.password_hash) if row else nobody


@cache
def _dummy_hash() -> str:
    return hasher.hash(token_urlsafe())


def _rehash(engine: Engine, user_id: str, old: str, password: str) -> None:
    """Hash with today's parameters, unless the password was changed meanwhile."""
    new = hasher.hash(password)
    with engine.begin() as connection:
        connection.execute(update(User).where(User.id == user_id, User.password_hash == old).values(password_hash=new))
