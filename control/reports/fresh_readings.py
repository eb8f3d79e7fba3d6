"""Readings that are fresh enough to end a new link at once: `max_age` of a batch."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Double, Integer, MetaData, Select, Table, Text, and_, bindparam, select

from control.reports import history
from crawler.platforms.contract import Target
from crawler.queue.acceptance import Entry, Served
from crawler.store import bulk_parameters, staging
from crawler.store.database import read_clock
from crawler.store.models.posts import Post, Reading

ASKED = Table(
    "asked",
    MetaData(),
    *(Column("position", Integer), Column("platform", Text), Column("key", Text), Column("access_key", Text)),
    prefixes=["TEMPORARY"],
)


def find(
    connection: Connection, user_id: str, entries: Sequence[Entry], max_age: float, *, shared: bool
) -> dict[int, Served]:
    """Return the newest readings that these links may end with, by the links' positions.

    They are at most `max_age` seconds old, were got with the link's key, and the user sees them; or anybody does, where
    they are `shared`. They stay until this transaction ends: who deletes them waits for it.
    """
    firsts = [
        (entry.position, entry.found.platform, entry.found.key, entry.found.opened_by)
        for entry in entries
        if isinstance(entry.found, Target) and entry.duplicate_of is None
    ]
    given = {"user": user_id, "since": read_clock(connection) - max_age}
    with staging.staged(connection, ASKED, firsts):
        found = connection.execute(_newest(shared=shared), given).all()
    ids = {position: reading_id for position, reading_id in found if reading_id is not None}
    views = _held(connection, sorted(set(ids.values())))
    served = {position: Served(id_, views[id_]) for position, id_ in ids.items() if id_ in views}
    duplicates = ((each.position, each.duplicate_of) for each in entries if each.duplicate_of in served)
    return served | {position: served[first] for position, first in duplicates if first is not None}


@cache
def _newest(*, shared: bool) -> Select[*tuple[Any, ...]]:
    asked = ASKED.c
    theirs = (Reading.post_id == Post.id, Reading.access_key == asked.access_key)
    fresh = Reading.measured_at >= bindparam("since", type_=Double)
    user: Any = bindparam("user")
    seen = () if shared else (history.seen_by(user),)
    newest = select(Reading.id).where(*theirs, fresh, *seen).order_by(Reading.measured_at.desc()).limit(1)
    named = ASKED.join(Post, and_(Post.key == asked.key, Post.platform == asked.platform))
    return select(asked.position, newest.scalar_subquery()).select_from(named)


def _held(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Keep these readings from being deleted, and return their views. One that is being deleted is left out."""
    dialect = connection.dialect.name
    found = select(Reading.id, Reading.views).where(Reading.id.in_(bulk_parameters.ids(dialect)))
    held = found.with_for_update(read=True, key_share=True, skip_locked=True)
    rows = connection.execute(held, bulk_parameters.parameters(dialect, id=ids))
    return {row.id: row.views for row in rows}
