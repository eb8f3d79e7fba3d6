"""What platforms say of posts beside their counts, written only where it changed."""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Row,
    Select,
    Subquery,
    Text,
    Update,
    bindparam,
    or_,
    select,
    update,
)

from crawler.platforms.contract import NOTHING_SAID, About
from crawler.store import bulk_parameters
from crawler.store.database import now
from crawler.store.models.posts import Post

NAMES = ("published_at", "edited_at", "marked_as_ads", "owner")
ERIDS = bindparam("erids", type_=Text)
CHANGE_ERIDS = (
    update(Post)
    .where(Post.id == bindparam("post"), Post.erids != ERIDS)
    .values(erid_lost_at=bindparam("lost_at", type_=Double), erids=ERIDS, said_at=now())
)


class Said(NamedTuple):
    """What a platform said, and when: the time of the reading that came with it."""

    about: About
    moment: float


def save(connection: Connection, said: dict[int, Said]) -> None:
    """Write what was said of these posts (by their ids). In one order: two runs may have the same posts."""
    told = {id_: said[id_] for id_ in sorted(said) if said[id_].about != NOTHING_SAID}
    if not told:
        return
    dialect = connection.dialect.name
    given = bulk_parameters.parameters(
        dialect,
        post=list(told),
        marked=[int(bool(each.about.erids)) for each in told.values()],
        **{name: [_number(getattr(each.about, name)) for each in told.values()] for name in NAMES},
    )
    connection.execute(_change(dialect), given)
    marked = connection.execute(_marked(dialect), given)
    if erids := [_erids(row, told[row.id]) for row in marked]:
        connection.execute(CHANGE_ERIDS, erids)


def _erids(post: Row[Any], said: Said) -> dict[str, Any]:
    """Say which erids stand at a post now, and whether one that stood there is gone."""
    lost = set(post.erids.split()) - set(said.about.erids)
    return {"post": post.id, "erids": " ".join(said.about.erids), "lost_at": said.moment if lost else None}


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


@cache
def _change(dialect: str) -> Update:
    """Write what differs from what was said before, after locking that and the posts whose erids have to be looked at.

    Others may hold their rows for the foreign keys of links and readings, and this run's own readings do: the lock is
    one that lets them, because two runs with the same posts would otherwise wait for each other.
    """
    given = bulk_parameters.table(dialect, "post", "marked", *NAMES)
    differs = or_(*(getattr(Post, name).is_distinct_from(given.c[name]) for name in NAMES))
    found = select(Post.id, differs.label("differs"), *(given.c[name] for name in NAMES))
    found = found.join(given, given.c.post == Post.id).where(or_(differs, _tells_erids(given))).order_by(Post.id)
    locked = found.with_for_update(of=Post, key_share=True).subquery("locked")
    statement = update(Post).where(Post.id == locked.c.id, bulk_parameters.hidden_from_planner(locked.c.differs))
    values = {name: locked.c[name] for name in NAMES}
    return statement.values(values | {"said_at": now()}).execution_options(synchronize_session=False)


@cache
def _marked(dialect: str) -> Select[*tuple[Any, ...]]:
    """Find the posts that have erids, or had some."""
    given = bulk_parameters.table(dialect, "post", "marked")
    return select(Post.id, Post.erids).join(given, given.c.post == Post.id).where(_tells_erids(given))


def _tells_erids(given: Subquery) -> ColumnElement[bool]:
    return or_(given.c.marked == 1, Post.erids != "")
