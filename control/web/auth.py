"""Who is asking: a user with a token of their login, or a script with an API token."""

import re
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_jwt_extended import JWTManager, get_current_user, get_jwt, verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError, NoResultFound

from control.accounts import api_tokens
from control.accounts.last_uses import LastUses
from control.accounts.logins import ACCESS, REFRESH
from control.errors import AdministratorsOnly, LoginRequired, NotAuthenticated, ReadOnlyToken
from control.settings import Settings
from control.web import rate_limits
from control.web.engine import db
from control.web.jwt import CLAIM
from control.web.problems import answer, internal
from crawler.store.database import now, reading
from crawler.store.models.accounts import Login, Scope, User, UserState

LEEWAY_SECONDS = 60  # the clocks of several machines differ, and a clock that is corrected may go back
NAME = "views-stats"  # the issuer and the audience of our tokens
BEARER = re.compile(r"(?i:Bearer) +([A-Za-z0-9._~+/=-]+)")  # RFC 6750, 2.1; in any case: RFC 9110, 11.1
HINT = "Send the header Authorization: Bearer, followed by a token from POST /users/login or POST /tokens."
REFUSED = f"The token is expired, revoked or not one of ours. {HINT}"
LOOKING = {"GET", "HEAD"}
LAST_USES = "last uses"  # their key among the app's extensions
LOGGED_IN = (
    select(User.id, User.admin)
    .join(Login)
    .where(User.id == bindparam("user"), User.state == UserState.ACTIVE)
    .where(Login.id == bindparam("login"), Login.expires_at > now())
)

jwt = JWTManager()


@dataclass(frozen=True, slots=True)
class Caller:
    user_id: str
    administrator: bool
    login_id: str | None = None  # None: a script asks
    scope: str = Scope.WRITE


def install(app: Flask, settings: Settings) -> None:
    """Set up tokens. By default the library answers a bad one with 422 and accepts one that never expires."""
    app.config.update(
        JWT_SECRET_KEY=settings.secret_key,
        JWT_ALGORITHM=settings.algorithm,
        JWT_ENCODE_ISSUER=NAME,
        JWT_DECODE_ISSUER=NAME,
        JWT_ENCODE_AUDIENCE=NAME,
        JWT_DECODE_AUDIENCE=NAME,
        JWT_DECODE_LEEWAY=LEEWAY_SECONDS,
    )
    jwt.init_app(app)
    for error in (IntegrityError, NoResultFound):
        app.register_error_handler(error, _account_deleted)
    with app.app_context():
        app.extensions[LAST_USES] = LastUses(db.engine, api_tokens.used)


def authenticate() -> None:
    """Guard a resource: only with a valid token may it be used."""
    if request.method == "OPTIONS":
        return
    g.caller = _identify()
    rate_limits.take(rate_limits.READS if request.method in LOOKING else rate_limits.CHANGES, caller())
    if request.method not in LOOKING and g.caller.scope == Scope.READ:
        raise ReadOnlyToken("This token may only read: make one of scope `write`, or log in.")


def authenticate_person() -> None:
    """Guard what concerns an account. A script's token may read it but change nothing."""
    authenticate()
    if request.method not in {*LOOKING, "OPTIONS"} and g.caller.login_id is None:
        raise LoginRequired("A script's token cannot do this: log in at POST /users/login.")


def authenticate_refresh() -> None:
    """Guard the exchange of a refresh token, which is accepted nowhere else."""
    if request.method == "OPTIONS":
        return
    _check_header()
    verify_jwt_in_request(refresh=True)
    g.caller = get_current_user()
    rate_limits.take(rate_limits.CHANGES, caller())


def authenticate_administrator() -> None:
    """Guard a resource for administrators."""
    authenticate()
    if request.method != "OPTIONS" and not g.caller.administrator:
        raise AdministratorsOnly("This is for administrators: `flask --app control.app users promote NAME` makes one.")


def is_administrator() -> bool:
    """Whether the caller of a public resource is an administrator. With a bad token nobody is."""
    try:
        return _identify().administrator
    except (NotAuthenticated, JWTExtendedException, PyJWTError):
        return False


def _account_deleted(error: Exception) -> Response:
    """Answer a user who was deleted during their request: their token is no longer valid."""
    asker = g.get("caller")
    if asker:
        with reading(db.engine) as connection:
            if connection.execute(select(User.id).where(User.id == asker.user_id)).first() is None:
                return answer(NotAuthenticated(REFUSED))
    return internal(error)


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
    if row.stale:
        current_app.extensions[LAST_USES].note(row.id)
    return Caller(row.user_id, row.admin, scope=row.scope)


def _check_header() -> str:
    """Return the token. We parse the header before the library does, because its parser fails on odd separators."""
    found = BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if not found:
        raise NotAuthenticated(HINT)
    request.environ["HTTP_AUTHORIZATION"] = f"Bearer {found[1]}"  # the only form that the library knows
    return found[1]


@jwt.user_lookup_loader
def _caller(_header: dict[str, Any], claims: dict[str, Any]) -> Caller | None:
    with reading(db.engine) as connection:
        row = connection.execute(LOGGED_IN, {"user": claims["sub"], "login": claims[CLAIM]}).first()
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
