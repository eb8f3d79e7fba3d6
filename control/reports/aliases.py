"""The rows of one post. A joint post has one for each key by which anybody asked for it, others have one."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select

from crawler.store import bulk_parameters
from crawler.store.joint_posts import ARE_SAME, OWN, SAME
from crawler.store.models.batches import Link
from crawler.store.models.campaigns import Placement
from crawler.store.models.posts import Post


def answers_to(key: str) -> ColumnElement[bool]:
    """Whether a post has this key, or the platform itself calls it so. Nobody else's rows are looked at."""
    return or_(Post.key == key, Post.canonical_key == key)


Aliases = Sequence[Row[Any]]  # as `of` returns them


def of(connection: Connection, by: type[Link | Placement], ids: Sequence[int]) -> Aliases:
    """Return `named_by`, `post_id` and `published_at` of all rows of the posts that these links or placements name."""
    dialect = connection.dialect.name
    return connection.execute(_of(dialect, by), bulk_parameters.parameters(dialect, id=ids)).all()


def pairs(connection: Connection, by: type[Link | Placement], ids: Sequence[int]) -> dict[str, list[int]]:
    """Return the columns of a table that has each link or placement with each row of its post."""
    return columns(of(connection, by, ids))


def columns(rows: Aliases) -> dict[str, list[int]]:
    return {"named_by": [row.named_by for row in rows], "post": [row.post_id for row in rows]}


@cache
def _of(dialect: str, by: type[Link | Placement]) -> Select[*tuple[Any, ...]]:
    named = select(by.id.label("named_by"), SAME.id.label("post_id"), SAME.published_at)
    named = named.join(OWN, OWN.id == by.post_id).join(SAME, ARE_SAME)
    return named.where(by.id.in_(bulk_parameters.ids(dialect)))
