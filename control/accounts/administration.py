"""What administrators do with other users, without their passwords."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, Row, select, update

from control.accounts import logins, taken_names
from control.accounts.usernames import usable
from crawler.store.database import reading, writing
from crawler.store.models.accounts import Login, User, UserState

USERS = (
    select(User.username, User.admin, User.state, User.created_at)
    .where(User.spelling.is_not(None))  # the others are the system itself
    .order_by(User.username)
)


class NoSuchUserError(LookupError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no user {name!r}.")


def set_state(engine: Engine, name: str, state: UserState) -> None:
    """Allow or forbid a user to log in. Raises NoSuchUserError."""
    with writing(engine) as connection:
        user_id = _id(connection, name)
        connection.execute(update(User).where(User.id == user_id).values(state=state))
        if state == UserState.DISABLED:
            logins.end(connection, Login.user_id == user_id)


def set_administrator(engine: Engine, name: str, *, administrator: bool) -> None:
    """Raises NoSuchUserError."""
    with writing(engine) as connection:
        user_id = _id(connection, name)
        connection.execute(update(User).where(User.id == user_id).values(admin=administrator))


def rename(engine: Engine, name: str, new: str) -> str:
    """Give a user another name and return it in its normal form. Raises ValueError, UsernameTaken, NoSuchUserError."""
    new = usable(new)
    with writing(engine) as connection:
        user_id = _id(connection, name)
        taken_names.check_free(connection, new, but=user_id)
        connection.execute(update(User).where(User.id == user_id).values(taken_names.keys(new)))
    return new


def list_users(engine: Engine) -> Sequence[Row[str, bool, str, float]]:
    """Read `username`, `admin`, `state` and `created_at` of all users, sorted by name."""
    with reading(engine) as connection:
        return connection.execute(USERS).all()


def page_of_users(engine: Engine, after: str, most: int) -> tuple[Sequence[Row[str, bool, str, float]], str]:
    """Read so many of `list_users`, from the first whose name comes after this one. Return also the last one's name,
    where more follow.
    """
    with reading(engine) as connection:
        rows = connection.execute(USERS.where(User.username > after).limit(most + 1)).all()
    return rows[:most], rows[most - 1].username if len(rows) > most else ""


def _id(connection: Connection, name: str) -> str:
    row = taken_names.find(connection, name, User.id, User.state)
    if row is None or row.state == UserState.LEAVING:
        raise NoSuchUserError(name)
    return str(row.id)
