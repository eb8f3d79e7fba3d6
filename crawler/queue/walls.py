"""Whose walls show posts, written only where a name or a number of members has changed."""

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, Insert, Select, bindparam, func, select

from crawler.platforms.contract import About
from crawler.queue.claims import platform_of
from crawler.store import bulk_parameters
from crawler.store.database import now, upsert_of
from crawler.store.models.posts import Wall

NAMES = ("platform", "owner", "name", "members")
Known = tuple[str, int | None]


def save(connection: Connection, run_id: str, said: Iterable[About]) -> None:
    """Write what these say of walls of the run's platform. In one order: two runs may have the same walls."""
    named = {about.owner: (about.owner_name, about.members) for about in said if about.owner and about.owner_name}
    if not named:
        return
    dialect = connection.dialect.name
    given = {"run": run_id, **bulk_parameters.parameters(dialect, id=sorted(named))}
    platform = connection.execute(select(platform_of(bindparam("run"))), {"run": run_id}).scalar()
    rows = connection.execute(_known(dialect), given)
    known: dict[int, Known] = {row.owner: (row.name, row.members) for row in rows}
    changed = [owner for owner in sorted(named) if _differs(known.get(owner), named[owner])]
    if changed:
        new = [dict(zip(NAMES, (platform, owner, *named[owner]), strict=True)) for owner in changed]
        connection.execute(_saying(dialect), new)


def _differs(known: Known | None, said: Known) -> bool:
    """Whether it is news. An answer that leaves the members out takes none away."""
    return known is None or known[0] != said[0] or (said[1] is not None and known[1] != said[1])


@cache
def _saying(dialect: str) -> Insert:
    new = upsert_of(dialect, Wall).values(**{name: bindparam(name) for name in NAMES}, seen_at=now())
    members = func.coalesce(new.excluded.members, Wall.members)
    told = {"name": new.excluded.name, "members": members, "seen_at": now()}
    return new.on_conflict_do_update(index_elements=[Wall.platform, Wall.owner], set_=told)


@cache
def _known(dialect: str) -> Select[int, str, int | None]:
    theirs = Wall.platform == platform_of(bindparam("run"))
    return select(Wall.owner, Wall.name, Wall.members).where(theirs, Wall.owner.in_(bulk_parameters.ids(dialect)))
