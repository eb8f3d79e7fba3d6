"""Users whose names became equal when case and look-alikes stopped counting. Both stay, and the operator is told."""

from collections.abc import Iterator

from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import aliased

from crawler.store.database import reading
from crawler.store.models.accounts import User, UserState


def clashes(engine: Engine) -> Iterator[str]:
    """Say for each such user who had the name first."""
    newer, older = aliased(User), aliased(User)
    alike = or_(older.spelling == newer.spelling, older.look == newer.look)
    pairs = select(newer.username, func.min(older.username)).join(older, alike)
    pairs = pairs.where(newer.namesake > older.namesake, newer.state != UserState.LEAVING)
    with reading(engine) as connection:
        for name, first in connection.execute(pairs.group_by(newer.username).order_by(newer.username)):
            yield clash(name, first)


def clash(name: str, older: str) -> str:
    return (
        f"the users {older!r} and {name!r} have one spelling, or look alike. Both stay and log in by exactly their own "
        f"names; {older!r} came first. To end this: flask --app control.app users rename {name!r} NEW"
    )
