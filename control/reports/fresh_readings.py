"""Readings that are fresh enough to end a new link at once: `max_age` of a batch."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Double, Integer, MetaData, Row, Select, Table, Text, and_, bindparam, select

from control.reports import history
from crawler.platforms.contract import Target
from crawler.queue.acceptance import Entry, Served
from crawler.store import bulk_parameters, staging
from crawler.store.database import read_clock
from crawler.store.joint_posts import ARE_SAME, OWN, SAME
from crawler.store.models.posts import Reading

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
    held = _held(connection, sorted({reading_id for _, reading_id in found if reading_id is not None}))
    newest_last = sorted((held[id_].measured_at, position, id_) for position, id_ in found if id_ in held)
    served = {position: Served(id_, held[id_].views) for _, position, id_ in newest_last}
    duplicates = ((each.position, each.duplicate_of) for each in entries if each.duplicate_of in served)
    return served | {position: served[first] for position, first in duplicates if first is not None}


@cache
def _newest(*, shared: bool) -> Select[*tuple[Any, ...]]:
    """Find the newest reading of each row of a post that is asked for: a joint post has several."""
    asked = ASKED.c
    theirs = (Reading.post_id == SAME.id, Reading.access_key == asked.access_key)
    fresh = Reading.measured_at >= bindparam("since", type_=Double)
    user: Any = bindparam("user")
    seen = () if shared else (history.seen_by(user),)
    newest = select(Reading.id).where(*theirs, fresh, *seen).order_by(Reading.measured_at.desc()).limit(1)
    named = ASKED.join(OWN, and_(OWN.key == asked.key, OWN.platform == asked.platform)).join(SAME, ARE_SAME)
    return select(asked.position, newest.scalar_subquery()).select_from(named)


def _held(connection: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Keep these readings from being deleted, and return them. One that is being deleted is left out."""
    dialect = connection.dialect.name
    found = select(Reading.id, Reading.views, Reading.measured_at).where(bulk_parameters.among(dialect, Reading.id))
    held = found.with_for_update(read=True, key_share=True, skip_locked=True)
    rows: Any = connection.execute(held, bulk_parameters.parameters(dialect, id=ids))
    return {row.id: row for row in rows}
