"""Who is asking: passwords, tokens, and the guard before routes that need one."""

from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from flask import Flask, Response
from flask_jwt_extended import JWTManager, create_access_token, current_user, verify_jwt_in_request
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field
from sqlalchemy import select, update

from control import errors, openapi
from control.db import db
from control.errors import WrongCredentials
from control.settings import Settings
from crawler.database import writing
from crawler.models import User

LIFETIME = timedelta(hours=1)

hasher = PasswordHasher()
NOBODY = hasher.hash("")  # verified for an unknown name, so that it takes as long as a wrong password
jwt = JWTManager()
blueprint = openapi.resource("login")


class Credentials(BaseModel):
    username: str = Field(min_length=1, max_length=150)
    password: str = Field(min_length=1, max_length=1024)


class Token(BaseModel):
    type: str = Field(examples=["Bearer"])
    token: str
    expires_in: int = Field(description="seconds")


@blueprint.post("/users/login", summary="Get a token", responses={200: Token, 401: errors.Problem})
def login(body: Credentials) -> dict[str, object]:
    user_id = authenticate(body.username, body.password)
    return {"type": "Bearer", "token": create_access_token(user_id), "expires_in": LIFETIME.seconds}


def authenticate(username: str, password: str) -> str:
    """Return the id of the user with this password; the refusal does not tell which of the two was wrong."""
    found = db.session.execute(select(User.id, User.password_hash).where(User.username == username)).first()
    user_id, password_hash = found or ("", NOBODY)
    db.session.rollback()  # hashing takes long; no transaction waits for it
    try:
        hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        user_id = ""
    if not user_id:
        raise WrongCredentials("Unknown user name or wrong password.")
    if hasher.check_needs_rehash(password_hash):
        with writing(db.engine) as connection:
            connection.execute(update(User).where(User.id == user_id).values(password_hash=hasher.hash(password)))
    return user_id


def caller() -> str:
    """Return the id of the user who asks."""
    return str(current_user)


def require_token() -> None:
    verify_jwt_in_request()


def private(name: str) -> APIBlueprint:
    """Make a blueprint for who has logged in."""
    return openapi.resource(name, require_token)


@jwt.user_lookup_loader
def _user(_header: dict[str, object], claims: dict[str, str]) -> str | None:
    return db.session.execute(select(User.id).where(User.id == claims["sub"])).scalar()


@jwt.token_verification_loader
def _has_an_end(_header: dict[str, object], claims: dict[str, object]) -> bool:
    return "exp" in claims


def _refuse(*_: object) -> Response:
    detail = "Log in (POST /users/login) and send the token: Authorization: Bearer <token>."
    return errors.response(401, "not_authenticated", detail)


def _expired(*_: object) -> Response:
    return errors.response(401, "token_expired", "The token has expired: log in again.")


def init(app: Flask, settings: Settings) -> None:
    app.config |= {
        "JWT_SECRET_KEY": settings.secret_key,
        "JWT_ALGORITHM": settings.algorithm,
        "JWT_ACCESS_TOKEN_EXPIRES": LIFETIME,
        "JWT_TOKEN_LOCATION": ["headers"],
    }
    jwt.init_app(app)


for refused in (
    jwt.unauthorized_loader,
    jwt.invalid_token_loader,
    jwt.user_lookup_error_loader,
    jwt.token_verification_failed_loader,
    jwt.needs_fresh_token_loader,
    jwt.revoked_token_loader,
):
    refused(_refuse)
jwt.expired_token_loader(_expired)
