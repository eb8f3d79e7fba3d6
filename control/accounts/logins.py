"""Logins as rows: each has its own id, and the id of the only refresh token that is valid for it now.

A login ends when its row is deleted: when its user logs out, when their password changes, and when somebody uses a
refresh token a second time. That may be a thief or the user who was robbed. Nobody can tell, so both must log in again.
https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, literal, select, update

from crawler.store.database import now, writing
from crawler.store.models.accounts import Login, User, UserState

ACCESS = timedelta(hours=1)
REFRESH = timedelta(days=14)


def start(engine: Engine, user_id: str, password_hash: str, login_id: str, refresh_id: str) -> bool:
    """Log a user in. False if their password was changed since it was checked, or they are disabled by now."""
    same = (User.id == user_id, User.password_hash == password_hash, User.state == UserState.ACTIVE)
    values = (literal(login_id), User.id, literal(refresh_id), now() + REFRESH.total_seconds(), now())
    columns = [Login.id, Login.user_id, Login.refresh_id, Login.expires_at, Login.created_at]
    with engine.begin() as connection:
        new = insert(Login).from_select(columns, select(*values).where(*same)).returning(Login.id)
        return connection.execute(new).first() is not None


def renew(engine: Engine, login_id: str, refresh_id: str, next_id: str) -> bool:
    """Exchange a refresh token for the next one. False if it was used before, which ends the login."""
    unused = update(Login).where(Login.id == login_id, Login.refresh_id == refresh_id)
    with writing(engine) as connection:
        renewed = unused.values(refresh_id=next_id, expires_at=now() + REFRESH.total_seconds())
        if connection.execute(renewed).rowcount:
            return True
        end(connection, Login.id == login_id)
    return False


def log_out(engine: Engine, login_id: str) -> None:
    with engine.begin() as connection:
        end(connection, Login.id == login_id)


def end(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(delete(Login).where(which))
