"""Users as rows."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Engine, Update, delete, select, update
from sqlalchemy.exc import IntegrityError

from control.accounts import attempts, logins, passwords, taken_names
from control.accounts.passwords import NewPassword
from control.accounts.usernames import Name
from control.errors import FieldError, WrongPassword
from crawler.store.database import reading, upsert, writing
from crawler.store.models.accounts import ApiToken, Login, User, UserState


# Both the operator's command and the route check a name and a password with this model. It has no docstring, because
# that would appear in the API's document.
class NewUser(BaseModel):
    model_config = ConfigDict(extra="forbid")

    username: Name
    password: NewPassword


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    username: str
    administrator: bool
    created_at: float
    password_hash: str = field(repr=False)


def insert(engine: Engine, username: str, password_hash: str) -> str:
    """Make the user and return the new id. Raises UsernameTaken."""
    with writing(engine) as connection:
        taken_names.check_free(connection, username)
        new = upsert(connection, User).values(**taken_names.keys(username), password_hash=password_hash)
        user_id = connection.execute(new.on_conflict_do_nothing().returning(User.id)).scalar()
    if user_id is None:  # somebody else has just taken the name
        raise taken_names.taken()
    return str(user_id)


def find(engine: Engine, username: str) -> tuple[str, str | None]:
    """Return the id of the user with this name, and their password hash. The hash is None if they may not log in, or
    if there is no such user.
    """
    with reading(engine) as connection:
        row = taken_names.find(connection, username, User.id, User.password_hash, User.state)
    return (row.id, row.password_hash if row.state == UserState.ACTIVE else None) if row else ("", None)


def account(engine: Engine, user_id: str) -> Account:
    """Read a user. Raises NoResultFound if they were deleted."""
    with reading(engine) as connection:
        return _account(connection, user_id)


def renew_hash(engine: Engine, user_id: str, old: str, password: str) -> None:
    """Hash the password with today's parameters, unless it was changed meanwhile."""
    if new := passwords.renewed(old, password):
        same = update(User).where(User.id == user_id, User.password_hash == old)
        with engine.begin() as connection:
            connection.execute(same.values(password_hash=new))


def hashes(account: Account, shown: str, password: str, username: str) -> tuple[str, str]:
    """Check the old password, which was `shown`, and return its hash and the new one's. Raises WrongPassword,
    WeakPassword.
    """
    if not passwords.matches(account.password_hash, shown):
        raise _wrong_password()
    return account.password_hash, passwords.hashed(password, username)


def change(engine: Engine, user_id: str, *, username: str | None, hashes: tuple[str, str] | None) -> Account:
    """Give a user another name or another password; None leaves it as it is. A new password ends all logins.

    `hashes` are those of the old and of the new password. Raises UsernameTaken, WrongPassword, NoResultFound.
    """
    with writing(engine) as connection:
        if username is not None:
            _rename(connection, user_id, username)
        if hashes:
            _set_password(connection, user_id, *hashes)
        changed = _account(connection, user_id)
    if hashes:  # only after the commit, because a refused change must not forget the attempts
        attempts.forget(engine, attempts.of_user(user_id))
    return changed


def leave(engine: Engine, user_id: str) -> None:
    """Delete a user: they can no longer log in, and the scheduler removes their data."""
    with writing(engine) as connection:
        connection.execute(_of(user_id).values(state=UserState.LEAVING))
        _revoke_all(connection, user_id)


def _account(connection: Connection, user_id: str) -> Account:
    columns = (User.id, User.username, User.admin, User.created_at, User.password_hash)
    return Account(*connection.execute(select(*columns).where(User.id == user_id)).one())


def _of(user_id: str) -> Update:
    return update(User).where(User.id == user_id)


def _rename(connection: Connection, user_id: str, username: str) -> None:
    taken_names.check_free(connection, username, but=user_id)
    try:
        connection.execute(_of(user_id).values(taken_names.keys(username)))
    except IntegrityError:  # somebody else has just taken the name
        raise taken_names.taken() from None


def _set_password(connection: Connection, user_id: str, old: str, new: str) -> None:
    """Set the password, unless it was changed since the old one was checked."""
    if not connection.execute(_of(user_id).where(User.password_hash == old).values(password_hash=new)).rowcount:
        raise _wrong_password()
    _revoke_all(connection, user_id)


def _revoke_all(connection: Connection, user_id: str) -> None:
    logins.end(connection, Login.user_id == user_id)
    connection.execute(delete(ApiToken).where(ApiToken.user_id == user_id))


def _wrong_password() -> WrongPassword:
    errors = [FieldError(field="current_password", message=passwords.WRONG)]
    return WrongPassword(f"current_password: {passwords.WRONG}", errors)
