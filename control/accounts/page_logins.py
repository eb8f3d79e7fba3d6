"""Logins on the pages: a random text in a cookie, of which only the hash is stored.

Pages do not use the API's pair of tokens, because a refresh token works once: two tabs that renew it at the same time
would look like a thief and a victim, and both would be logged out.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Engine, Select, bindparam, case, delete, insert, literal, select, update

from crawler.store.database import now, reading
from crawler.store.models.accounts import Login, LoginKind, User, UserState
from crawler.store.models.base import may_be_id

UNUSED = timedelta(days=14).total_seconds()  # how long a login stays valid that nobody uses
LONGEST = timedelta(days=90).total_seconds()
SEEN_SECONDS = 3600.0  # how exact the last use is, because a write for each request would be expensive
LONGEST_PROGRAM = 300  # characters kept of a browser's name for itself


@dataclass(frozen=True, slots=True)
class PageLogin:
    """A valid login with its user. `stale`: its last use should be noted."""

    id: str
    user_id: str
    username: str
    administrator: bool
    language: str | None
    time_zone: str | None
    theme: str | None
    message: str | None
    stale: bool


def start(engine: Engine, user_id: str, password_hash: str, program: str) -> str | None:
    """Log a user in and return the secret. None if their password was changed meanwhile, or they are disabled."""
    secret = token_urlsafe(32)
    still = (User.id == user_id, User.password_hash == password_hash, User.state == UserState.ACTIVE)
    values: dict[Any, Any] = {
        Login.user_id: User.id,
        Login.refresh_id: literal(""),
        Login.expires_at: now() + UNUSED,
        Login.kind: literal(LoginKind.PAGE.value),
        Login.secret_hash: literal(_hash(secret)),
        Login.created_at: now(),
        Login.seen_at: now(),
        Login.program: literal(printable(program)),
    }
    new = insert(Login).from_select(list(values), select(*values.values()).where(*still))
    with engine.begin() as connection:
        started = connection.execute(new.returning(Login.id)).first()
    return secret if started else None


def printable(program: str) -> str:
    return "".join(sign for sign in program if sign.isprintable())[:LONGEST_PROGRAM]


def find(engine: Engine, secret: str) -> PageLogin | None:
    with reading(engine) as connection:
        row = connection.execute(_valid(), {"secret": _hash(secret)}).first()
    return PageLogin(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


@cache
def _valid() -> Select[*tuple[Any, ...]]:
    columns = (Login.id, User.id.label("user_id"), User.username, User.admin.label("administrator"))
    chosen = (User.language, User.time_zone, User.theme)
    stale = Login.seen_at < now() - SEEN_SECONDS
    found = select(*columns, *chosen, Login.message, stale.label("stale")).join(User, User.id == Login.user_id)
    secret = Login.secret_hash == bindparam("secret")
    return found.where(secret, Login.expires_at > now(), User.state == UserState.ACTIVE)


def seen(login_ids: set[str]) -> Any:
    """Build the statement that notes the use of these logins and prolongs each, but not beyond its longest time."""
    longest, longer = Login.created_at + LONGEST, now() + UNUSED
    until = case((longest < longer, longest), else_=longer)
    return update(Login).where(Login.id.in_(login_ids)).values(seen_at=now(), expires_at=until)


def leave_message(engine: Engine, login_id: str, message: str | None) -> None:
    """Store the message that the next page shows; None removes it."""
    with engine.begin() as connection:
        connection.execute(update(Login).where(Login.id == login_id).values(message=message))


def listed(engine: Engine, user_id: str) -> list[Any]:
    """Read a user's logins of both kinds, the latest first: `id`, `kind`, `created_at`, `seen_at`, `program`."""
    columns = (Login.id, Login.kind, Login.created_at, Login.seen_at, Login.program)
    theirs = select(*columns).where(Login.user_id == user_id, Login.expires_at > now())
    with reading(engine) as connection:
        return list(connection.execute(theirs.order_by(Login.created_at.desc(), Login.id)).all())


def end(engine: Engine, user_id: str, login_id: str) -> bool:
    """End one of the user's logins. False if they have none with this id."""
    theirs = delete(Login).where(Login.id == login_id, Login.user_id == user_id)
    with engine.begin() as connection:
        return may_be_id(login_id) and bool(connection.execute(theirs).rowcount)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
