"""Who is asking: a user with the token of a login, or a script with an API token of a user's."""

import re
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, request
from flask_jwt_extended import JWTManager, get_current_user, get_jwt, verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError
from sqlalchemy import select

from control import api_tokens, limits
from control.db import db
from control.errors import AdministratorsOnly, LoginRequired, NotAuthenticated, ReadOnlyToken, answer
from control.logins import ACCESS, CLAIM, REFRESH
from control.settings import Settings
from crawler.database import now
from crawler.models import Login, Scope, User, UserState

NAME = "views-stats"  # who makes the tokens, and for whom
BEARER = re.compile(r"Bearer +[A-Za-z0-9._~+/=-]+")  # RFC 6750, 2.1
HINT = "Send the header Authorization: Bearer, followed by a token from POST /users/login or POST /tokens."
REFUSED = f"The token is expired, revoked or not one of ours. {HINT}"
LOOKING = {"GET", "HEAD"}

jwt = JWTManager()


@dataclass(frozen=True, slots=True)
class Caller:
    user_id: str
    administrator: bool
    login_id: str | None = None  # None: a script asks
    scope: str = Scope.WRITE


def install(app: Flask, settings: Settings) -> None:
    """Set tokens up. By default a bad one is answered 422, and one that never expires is accepted."""
    app.config.update(
        JWT_SECRET_KEY=settings.secret_key,
        JWT_ALGORITHM=settings.algorithm,
        JWT_ENCODE_ISSUER=NAME,
        JWT_DECODE_ISSUER=NAME,
        JWT_ENCODE_AUDIENCE=NAME,
        JWT_DECODE_AUDIENCE=NAME,
    )
    jwt.init_app(app)


def authenticate() -> None:
    """Guard a resource."""
    if request.method == "OPTIONS":
        return
    g.caller = _identify()
    if request.method in LOOKING:
        limits.take(limits.READS, caller())
    elif g.caller.scope == Scope.READ:
        raise ReadOnlyToken("This token may only read: make one of scope `write`, or log in.")


def authenticate_person() -> None:
    """Guard what concerns an account: the token of a script may look at it, and change nothing."""
    authenticate()
    if request.method not in {*LOOKING, "OPTIONS"} and g.caller.login_id is None:
        raise LoginRequired("A script's token cannot do this: log in at POST /users/login.")


def authenticate_refresh() -> None:
    """Guard the exchange of a refresh token, which is good for nothing else."""
    if request.method == "OPTIONS":
        return
    _check_header()
    verify_jwt_in_request(refresh=True)
    g.caller = get_current_user()


def authenticate_administrator() -> None:
    """Guard a resource for those who run the system."""
    authenticate()
    if request.method != "OPTIONS" and not g.caller.administrator:
        raise AdministratorsOnly("This is for administrators: `flask --app control.app users promote NAME` makes one.")


def is_administrator() -> bool:
    """Whether an administrator asks a public resource; with a bad token nobody is one."""
    try:
        return _identify().administrator
    except (NotAuthenticated, JWTExtendedException, PyJWTError):
        return False


def caller() -> str:
    """Return the id of the user who asks."""
    return str(g.caller.user_id)


def login_id() -> str:
    """Return the id of the login that asks, behind `authenticate_person` or `authenticate_refresh`."""
    return str(g.caller.login_id)


def refresh_id() -> str:
    """Return the id of the refresh token that asks, behind `authenticate_refresh`."""
    return str(get_jwt()["jti"])


def _identify() -> Caller:
    token = _check_header()
    if not token.startswith(api_tokens.PREFIX):
        verify_jwt_in_request()
        found = get_current_user()
        return Caller(found.user_id, found.administrator, found.login_id)
    row = api_tokens.find(db.engine, token)
    if row is None:
        raise NotAuthenticated(REFUSED)
    return Caller(row.user_id, row.admin, scope=row.scope)


def _check_header() -> str:
    """Return the token. The library's own reading of the header fails on oddly separated values, so ours is first."""
    header = request.headers.get("Authorization", "").strip()
    if not BEARER.fullmatch(header):
        raise NotAuthenticated(HINT)
    return header.rpartition(" ")[2]


@jwt.user_lookup_loader
def _caller(_header: dict[str, Any], claims: dict[str, Any]) -> Caller | None:
    good = (Login.id == claims[CLAIM], Login.expires_at > now())
    found = select(User.id, User.admin).join(Login).where(User.id == claims["sub"], User.state == UserState.ACTIVE)
    with db.engine.connect() as connection:
        row = connection.execute(found.where(*good)).first()
    return Caller(row.id, row.admin, claims[CLAIM]) if row else None


@jwt.token_verification_loader
def _complete(_header: dict[str, Any], claims: dict[str, Any]) -> bool:
    if not all(claims.get(name) for name in ("exp", "iat", "jti", CLAIM)):
        return False
    longest = REFRESH if claims["type"] == "refresh" else ACCESS
    return bool(claims["exp"] - claims["iat"] <= longest.total_seconds())


@jwt.unauthorized_loader
@jwt.invalid_token_loader
@jwt.expired_token_loader
@jwt.token_verification_failed_loader
@jwt.user_lookup_error_loader
def _refused(*_: Any) -> Response:
    return answer(NotAuthenticated(REFUSED))
