"""Logins: an access token for an hour, and a refresh token that is good once and brings the next pair.

Both die with the login's row: when it is ended, when its user's password changes, when somebody presents a refresh
token a second time. That may be a thief or the one who was robbed: nobody can tell, so both have to log in again.
https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
"""

from dataclasses import dataclass
from datetime import timedelta

from flask_jwt_extended import create_access_token, create_refresh_token, get_jti
from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, literal, select, update

from crawler.database import now, writing
from crawler.models import Login, User, UserState, random_id

ACCESS = timedelta(hours=1)
REFRESH = timedelta(days=14)
CLAIM = "login"  # in which a token names its login


@dataclass(frozen=True, slots=True)
class Pair:
    access: str
    refresh: str

    @property
    def refresh_id(self) -> str:
        return str(get_jti(self.refresh))


def start(engine: Engine, user_id: str, password_hash: str) -> Pair | None:
    """Log a user in, unless their password was changed since it was looked at, or they are disabled by now."""
    login_id = random_id()
    pair = _pair(user_id, login_id)
    still = (User.id == user_id, User.password_hash == password_hash, User.state == UserState.ACTIVE)
    values = (literal(login_id), User.id, literal(pair.refresh_id), now() + REFRESH.total_seconds())
    columns = [Login.id, Login.user_id, Login.refresh_id, Login.expires_at]
    with engine.begin() as connection:
        new = insert(Login).from_select(columns, select(*values).where(*still)).returning(Login.id)
        started = connection.execute(new).first()
    return pair if started else None


def renew(engine: Engine, user_id: str, login_id: str, refresh_id: str) -> Pair | None:
    """Exchange a refresh token for the next pair. None: it was used before; then the login is ended."""
    pair = _pair(user_id, login_id)
    unused = update(Login).where(Login.id == login_id, Login.refresh_id == refresh_id)
    with writing(engine) as connection:
        renewed = unused.values(refresh_id=pair.refresh_id, expires_at=now() + REFRESH.total_seconds())
        if connection.execute(renewed).rowcount:
            return pair
        end(connection, Login.id == login_id)
    return None


def end(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(delete(Login).where(which))


def _pair(user_id: str, login_id: str) -> Pair:
    claims = {CLAIM: login_id}
    return Pair(
        create_access_token(user_id, expires_delta=ACCESS, additional_claims=claims),
        create_refresh_token(user_id, expires_delta=REFRESH, additional_claims=claims),
    )
