"""Who is asking: the bearer token of a user who is still there."""

import re
from datetime import timedelta
from typing import Any

from flask import Flask, Response, request
from flask_jwt_extended import JWTManager, create_access_token, get_current_user, verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError
from sqlalchemy import select

from control.db import db
from control.errors import AdministratorsOnly, NotAuthenticated, answer
from control.settings import Settings
from crawler.models import User

LIFETIME = timedelta(hours=1)
NAME = "views-stats"  # who makes the tokens, and for whom
BEARER = re.compile(r"Bearer +[A-Za-z0-9._~+/=-]+")  # RFC 6750, 2.1
HINT = "Send the header Authorization: Bearer, followed by a token from POST /users/login."

jwt = JWTManager()


def install(app: Flask, settings: Settings) -> None:
    """Set tokens up. By default a bad one is answered 422, and one that never expires is accepted."""
    app.config.update(
        JWT_SECRET_KEY=settings.secret_key,
        JWT_ALGORITHM=settings.algorithm,
        JWT_ACCESS_TOKEN_EXPIRES=LIFETIME,
        JWT_ENCODE_ISSUER=NAME,
        JWT_DECODE_ISSUER=NAME,
        JWT_ENCODE_AUDIENCE=NAME,
        JWT_DECODE_AUDIENCE=NAME,
    )
    jwt.init_app(app)


def authenticate() -> None:
    """Guard a resource. The library's own reading of the header fails on oddly separated values, so ours is first."""
    if request.method != "OPTIONS" and not BEARER.fullmatch(request.headers.get("Authorization", "").strip()):
        raise NotAuthenticated(HINT)
    verify_jwt_in_request()


def authenticate_administrator() -> None:
    """Guard a resource for those who run the system."""
    authenticate()
    if request.method != "OPTIONS" and not _administers(caller()):
        raise AdministratorsOnly("This is for administrators: `flask --app control.app users promote NAME` makes one.")


def is_administrator() -> bool:
    """Whether an administrator asks a public resource; with a bad token nobody is one."""
    try:
        authenticate()
    except (NotAuthenticated, JWTExtendedException, PyJWTError):
        return False
    return _administers(caller())


def _administers(user_id: str) -> bool:
    with db.engine.connect() as connection:
        return bool(connection.execute(select(User.admin).where(User.id == user_id)).scalar())


def issue(user_id: str) -> str:
    return str(create_access_token(user_id))


def caller() -> str:
    """Return the id of the user who asks."""
    return str(get_current_user())


@jwt.user_lookup_loader
def _user(_header: dict[str, Any], claims: dict[str, Any]) -> str | None:
    with db.engine.connect() as connection:
        return connection.execute(select(User.id).where(User.id == claims["sub"])).scalar()


@jwt.token_verification_loader
def _complete(_header: dict[str, Any], claims: dict[str, Any]) -> bool:
    if not all(claims.get(name) for name in ("exp", "iat", "jti")):
        return False
    return bool(claims["exp"] - claims["iat"] <= LIFETIME.total_seconds())


@jwt.unauthorized_loader
@jwt.invalid_token_loader
@jwt.expired_token_loader
@jwt.token_verification_failed_loader
@jwt.user_lookup_error_loader
def _refused(*_: Any) -> Response:
    return answer(NotAuthenticated(f"The token is expired or not one of ours. {HINT}"))
