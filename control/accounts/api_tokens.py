"""API tokens as rows: they are made, found by the text that a script sends, and revoked. Only a hash is stored, a plain
one, because a token is random.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from secrets import token_urlsafe
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from sqlalchemy import Engine, Select, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from control.accounts.names import printable
from control.errors import NotFound, TokenNameTaken, TooManyTokens
from crawler.store.database import now, reading, writing
from crawler.store.models.accounts import ApiToken, Scope, User, UserState
from crawler.store.models.base import may_be_id

PREFIX = "vst_"  # by which people, and scanners for leaked secrets, recognise a token
MOST = 100  # of a user
USED_SECONDS = 60.0  # how exact the last use is, because a write for each request would be expensive

Name = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)]

COLUMNS = (
    ApiToken.id,
    ApiToken.name,
    ApiToken.scope,
    ApiToken.created_at,
    ApiToken.expires_at,
    ApiToken.last_used_at,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its text, which is stored nowhere. Times are seconds since 1970."""

    id: str
    name: str
    scope: str
    created_at: float
    expires_at: float | None
    last_used_at: float | None


def create(engine: Engine, user_id: str, name: str, scope: Scope, seconds: float | None) -> tuple[Token, str]:
    """Make a token that is valid for so many seconds (None: until it is revoked), and return it with its text.

    Raises TokenNameTaken, TooManyTokens.
    """
    token = PREFIX + token_urlsafe(32)
    expires_at = None if seconds is None else now() + seconds
    values = {"user_id": user_id, "name": name, "scope": scope, "secret_hash": _hash(token), "expires_at": expires_at}
    try:
        with writing(engine) as connection:
            there = select(func.count()).where(ApiToken.user_id == user_id)
            if connection.execute(there).scalar_one() >= MOST:
                raise TooManyTokens(f"You have {MOST} tokens: delete one that you do not need any more.")
            return Token(*connection.execute(insert(ApiToken).values(values).returning(*COLUMNS)).one()), token
    except IntegrityError as error:
        if "name" not in str(error.orig):  # it names the user's id: they were deleted just now
            raise
        raise TokenNameTaken(f"You have a token of the name {name!r}: choose another one.") from None


def of_user(engine: Engine, user_id: str) -> list[Token]:
    """Read all tokens of a user, the oldest first."""
    theirs = select(*COLUMNS).where(ApiToken.user_id == user_id).order_by(ApiToken.created_at)
    with reading(engine) as connection:
        return [Token(*row) for row in connection.execute(theirs)]


def revoke(engine: Engine, user_id: str, token_id: str) -> None:
    """Remove one of the user's tokens. Raises NotFound."""
    theirs = delete(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id)
    with engine.begin() as connection:
        if not (may_be_id(token_id) and connection.execute(theirs).rowcount):
            raise NotFound("You have no token of this id.")


def find(engine: Engine, token: str) -> Any:
    """Find a token by its text: `id`, `user_id`, `admin`, `scope`, and whether its last use is `stale`.

    None if the token is not valid.
    """
    with reading(engine) as connection:
        return connection.execute(_valid(), {"secret": _hash(token)}).first()


@cache
def _valid() -> Select[*tuple[Any, ...]]:
    stale = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < now() - USED_SECONDS)
    good = (User.state == UserState.ACTIVE, or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now()))
    found = select(ApiToken.id, ApiToken.user_id, ApiToken.scope, User.admin, stale.label("stale")).join(User)
    return found.where(ApiToken.secret_hash == bindparam("secret"), *good)


def used(token_ids: set[str]) -> Any:
    """Build the statement that notes the use of these tokens."""
    return update(ApiToken).where(ApiToken.id.in_(token_ids)).values(last_used_at=now())


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
