"""The first administrator is whoever has the key that this installation made for itself. The key works once.

A default password, or a page for whoever comes first, would let strangers in: they may reach the page before its owner.
"""

from hmac import compare_digest
from pathlib import Path
from secrets import token_urlsafe

from sqlalchemy import Connection, Engine, insert, select, text

from control.accounts import taken_names
from crawler.process.environment import VAR
from crawler.process.secret_files import read_or_create
from crawler.store.database import reading, writing
from crawler.store.models.accounts import User, UserState

ONE_AT_A_TIME = 17_001  # PostgreSQL's advisory lock, under which we check for an administrator and make one


def key_file() -> Path:
    return VAR / "setup_key"


def key() -> str:
    """Read the key; make it if there is none yet."""
    return read_or_create(key_file(), lambda: token_urlsafe(24))


def is_key(given: str) -> bool:
    """Whether this is the key. If there is no key, nothing is."""
    file = key_file()
    return file.exists() and compare_digest(key().encode(), given.encode("utf-8", "surrogatepass"))


def forget_key() -> None:
    key_file().unlink(missing_ok=True)


def is_wanted(engine: Engine) -> bool:
    """Whether there is no administrator yet who can log in."""
    with reading(engine) as connection:
        return not _is_there(connection)


def nobody_is_there(engine: Engine) -> bool:
    """Whether there is no user at all who can log in."""
    with reading(engine) as connection:
        return connection.execute(select(User.id).where(User.spelling.is_not(None)).limit(1)).first() is None


def create(engine: Engine, username: str, password_hash: str) -> str | None:
    """Make the administrator and return their id. None if somebody else was faster. Raises UsernameTaken."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ONE_AT_A_TIME})
        if _is_there(connection):
            return None
        taken_names.check_free(connection, username)
        new = insert(User).values(**taken_names.keys(username), password_hash=password_hash, admin=True)
        return str(connection.execute(new.returning(User.id)).scalar_one())


def _is_there(connection: Connection) -> bool:
    administrators = select(User.id).where(User.admin, User.state == UserState.ACTIVE).limit(1)
    return connection.execute(administrators).first() is not None
