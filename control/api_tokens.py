"""API tokens as rows: made, found by what a script sends, revoked. Random ones, so that a plain hash keeps them."""

from contextlib import suppress
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Engine, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from control.errors import TokenNameTaken, TooManyTokens
from crawler.database import now, writing
from crawler.models import ApiToken, Scope, User, UserState

PREFIX = "vst_"  # by which people and scanners for leaked secrets know one
MOST = 100  # of a user
USED_SECONDS = 60.0  # how exactly the last use is kept: a write a request would be dear


def create(engine: Engine, user_id: str, name: str, scope: Scope, seconds: float | None) -> tuple[str, str]:
    """Make a token that is good for so many seconds (None: until it is revoked). Its id and the token itself."""
    token = PREFIX + token_urlsafe(32)
    expires_at = None if seconds is None else now() + seconds
    values = {"user_id": user_id, "name": name, "scope": scope, "secret_hash": _hash(token), "expires_at": expires_at}
    try:
        with writing(engine) as connection:
            there = select(func.count()).where(ApiToken.user_id == user_id)
            if connection.execute(there).scalar_one() >= MOST:
                raise TooManyTokens(f"You have {MOST} tokens: delete one that you do not need any more.")
            return connection.execute(insert(ApiToken).values(values).returning(ApiToken.id)).scalar_one(), token
    except IntegrityError:
        raise TokenNameTaken(f"You have a token of the name {name!r}: choose another one.") from None


def find(engine: Engine, token: str) -> Any:
    """Find whose token this is: `user_id`, `admin`, `scope`; None where it is good for nothing."""
    stale = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < now() - USED_SECONDS)
    good = (User.state == UserState.ACTIVE, or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now()))
    found = select(ApiToken.id, ApiToken.user_id, ApiToken.scope, User.admin, stale.label("stale")).join(User)
    with engine.connect() as connection:
        row = connection.execute(found.where(ApiToken.secret_hash == _hash(token), *good)).first()
    if row and row.stale:
        _note_use(engine, row.id)
    return row


def _note_use(engine: Engine, token_id: str) -> None:
    with suppress(SQLAlchemyError), engine.begin() as connection:  # nobody is refused because it cannot be noted
        connection.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now()))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
