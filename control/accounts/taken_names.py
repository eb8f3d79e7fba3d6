"""Which names are taken, and whose a name is."""

from typing import Any

from sqlalchemy import Connection, or_, select

from control.accounts.usernames import look, spelling
from control.errors import UsernameTaken
from crawler.store.models.accounts import User


def keys(name: str) -> dict[str, Any]:
    """Return the columns of a user's row that keep others from having this name or one that looks like it."""
    return {"username": name, "spelling": spelling(name), "look": look(name), "namesake": 0}


def check_free(connection: Connection, name: str, but: str = "") -> None:
    """Raise UsernameTaken if another user than `but` has the name, or one that looks like it."""
    alike = or_(User.spelling == spelling(name), User.look == look(name))
    if connection.execute(select(User.id).where(alike, User.id != but).limit(1)).first():
        raise taken()


def taken() -> UsernameTaken:
    return UsernameTaken("This username is taken, or looks like one that is: choose another one.")


def find(connection: Connection, name: str, *columns: Any) -> Any:
    """Read these columns of the user with this name; None if there is none.

    An exact name comes first, then the oldest user whose name has the same spelling. Several may have it since the time
    before that was forbidden.
    """
    if "\0" in name:  # PostgreSQL refuses to compare a text with it
        return None
    exactly = select(*columns).where(User.username == name)
    spelled = select(*columns).where(User.spelling == spelling(name)).order_by(User.namesake).limit(1)
    # Two statements, so that each uses its index.
    return connection.execute(exactly).first() or connection.execute(spelled).first()
