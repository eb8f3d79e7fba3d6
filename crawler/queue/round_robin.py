"""Whose batch gets a run next: everybody's first before anybody's second, whoever gives or takes the run."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Integer, Select, bindparam, insert, select, tuple_, update

from crawler.queue.demand import awaits_run, ready, somebody_waits
from crawler.store.database import now, reading
from crawler.store.models.accounts import User
from crawler.store.models.base import random_id
from crawler.store.models.batches import Batch, Part
from crawler.store.models.runs import Run

ORDER = (Part.served_at, Part.batch_id)  # of one user's parts
FURTHER = 20  # users are looked at beside those who get a run
LIMIT = bindparam("limit", type_=Integer)
THERE = (
    select(Batch.id).where(Batch.id == bindparam("batch")).with_for_update(read=True, key_share=True, skip_locked=True)
)
PART_SERVED = (
    update(Part).where(Part.batch_id == bindparam("batch"), Part.platform == bindparam("of")).values(served_at=now())
)
USER_SERVED = update(User).where(User.id == bindparam("user")).values(served_at=now())


def in_turn(connection: Connection, limit: int) -> list[Any]:
    """Parts of batches that wait for a run, with their users: of two first ones, whose user was served longest ago.

    Only few more users are looked at than get a run, and of each only so many parts as get one.
    """
    users = _whose_turn(connection, limit) if somebody_waits(connection) else []
    each = limit if len(users) < limit else 1
    found = [
        ((place, user.served_at, part.id), part)
        for user in users
        for place, part in enumerate(_of_user(connection, user.id, each))
    ]
    return [part for _, part in sorted(found, key=lambda one: one[0])[:limit]]


def _whose_turn(connection: Connection, limit: int) -> list[Any]:
    """Find the users whose first waiting part gets a run; of those who were never served, whose batch came first.

    Users are read in the order of their earliest batch in line. That is the first one that waits, or came before it: so
    once those who were read are before all others, nobody is passed over.
    """
    found: list[Any] = []
    more, last = limit + FURTHER, None
    while True:
        given = {"limit": more} if last is None else {"limit": more, **last._asdict()}
        rows = connection.execute(_users(further=last is not None), given).all()
        found = sorted((*found, *(row for row in rows if row.waits)), key=lambda row: (row.served_at, row.waits))[
            :limit
        ]
        if len(rows) < more:
            return found
        more, last = 2 * more, rows[-1]
        if len(found) == limit and _turn(found[-1]) <= (last.served_at, last.first_in_line):
            return found


def _turn(user: Any) -> tuple[float, int]:
    return user.served_at, user.waits


@cache
def _users(*, further: bool) -> Select[*tuple[Any, ...]]:
    """Those with a batch in line, and the first of each that waits. `further`: after a given one."""
    first: Any = ready(Part.batch_id).where(Part.user_id == User.id, awaits_run()).order_by(*ORDER).limit(1)
    waits = first.correlate(User).scalar_subquery().label("waits")
    key = (User.served_at, User.first_in_line, User.id)
    users = select(*key, waits).where(User.first_in_line.is_not(None)).order_by(*key).limit(LIMIT)
    after = tuple_(*(bindparam(column.key, type_=column.type) for column in key))
    return users.where(tuple_(*key) > after) if further else users


def _of_user(connection: Connection, user_id: str, limit: int) -> Sequence[Any]:
    return connection.execute(_theirs(), {"user": user_id, "limit": limit}).all()


@cache
def _theirs() -> Select[*tuple[Any, ...]]:
    waiting = ready(Batch.id, Part.user_id, Part.platform).where(Part.user_id == bindparam("user"), awaits_run())
    return waiting.order_by(*ORDER, Part.platform).limit(LIMIT)


def next_platform(engine: Engine) -> str | None:
    """Name the platform whose turn it is; None: nobody waits for a run."""
    with reading(engine) as connection:
        found = in_turn(connection, 1)
    return found[0].platform if found else None


def give_run(connection: Connection, batch_id: int, user_id: str, platform: str, **values: Any) -> str | None:
    """Commit a run for a part, with these values of its own; its id. None: the batch is being deleted."""
    if not connection.execute(THERE, {"batch": batch_id}).first():
        return None
    run = {"id": random_id(), "batch_id": batch_id, "platform": platform}
    connection.execute(insert(Run).values(**run | values))
    connection.execute(PART_SERVED, {"batch": batch_id, "of": platform})
    connection.execute(USER_SERVED, {"user": user_id})
    return str(run["id"])
