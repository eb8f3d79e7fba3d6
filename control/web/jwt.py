"""The tokens of a login: an access token for every request, and a refresh token that can be used once."""

from dataclasses import dataclass

from flask_jwt_extended import create_access_token, create_refresh_token, get_jti

from control.accounts import logins
from control.web.engine import db
from crawler.store.models.base import random_id

CLAIM = "login"  # the claim with which a token names its login


@dataclass(frozen=True, slots=True)
class Pair:
    access: str
    refresh: str


def start(user_id: str, password_hash: str) -> Pair | None:
    """Log a user in; None if `logins.start` refuses."""
    login_id = random_id()
    pair = _pair(user_id, login_id)
    return pair if logins.start(db.engine, user_id, password_hash, login_id, _id(pair.refresh)) else None


def renew(user_id: str, login_id: str, refresh_id: str) -> Pair | None:
    """Exchange the refresh token with this id for a new pair. None if it was used before, which ends the login."""
    pair = _pair(user_id, login_id)
    return pair if logins.renew(db.engine, login_id, refresh_id, _id(pair.refresh)) else None


def _pair(user_id: str, login_id: str) -> Pair:
    claims = {CLAIM: login_id}
    return Pair(
        create_access_token(user_id, expires_delta=logins.ACCESS, additional_claims=claims),
        create_refresh_token(user_id, expires_delta=logins.REFRESH, additional_claims=claims),
    )


def _id(token: str) -> str:
    return str(get_jti(token))
