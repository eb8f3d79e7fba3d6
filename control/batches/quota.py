"""How many links a user may have waiting, hand in each day, and store, because all share VK's quota and the disk."""

import math
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select, update

from control.accounts import row_lock
from control.errors import KeepsTooMuch, QuotaExceeded
from control.settings import Settings
from control.times import DAY_SECONDS
from crawler.platforms.contract import Target
from crawler.queue import acceptance
from crawler.queue.acceptance import Entry
from crawler.store.database import read_clock, reading, upsert
from crawler.store.models.accounts import Usage, User
from crawler.store.models.batches import FINAL, Batch, Link, Status

MEGABYTE = 1_000_000
SOON_SECONDS = 60  # when to try again if too many links wait


@dataclass(frozen=True, slots=True)
class Used:
    waiting: int
    today: int
    left_today: int  # seconds
    stored_megabytes: int


def charge(  # noqa: PLR0913, PLR0917 - each is another thing
    connection: Connection,
    user_id: str,
    entries: list[Entry],
    settings: Settings,
    own_bytes: int = 0,
    served: int = 0,
) -> None:
    """Count what is about to be stored: every link, even those that are refused. Raises QuotaExceeded, KeepsTooMuch.

    `own_bytes` is what the links' own columns take. `served` links end with readings that exist already: they wait for
    nothing, and two of them count as one.
    """
    row_lock.lock(connection, user_id)
    more = acceptance.stored_bytes(entries) + own_bytes
    charge_storage(connection, user_id, more, settings.most_stored_megabytes)
    waiting = _waiting(connection, user_id)
    more = sum(isinstance(entry.found, Target) for entry in entries) - served
    if waiting + more > settings.most_waiting_links:
        raise QuotaExceeded(
            f"{waiting:,} of your links wait, and {settings.most_waiting_links:,} may: hand {more:,} in later.",
            SOON_SECONDS,
        )
    charge_day(connection, user_id, len(entries) - served // 2, settings.most_links_per_day)


def charge_day(connection: Connection, user_id: str, links: int, most: int) -> None:
    """Count links that are about to be measured today. Raises QuotaExceeded."""
    day, left = _today(connection)
    if _charged(connection, user_id, day, links) > most:
        raise QuotaExceeded(f"A user may hand in {most:,} links a day (UTC), of which too few are left.", left)


def charge_storage(connection: Connection, user_id: str, more: int, most: int) -> None:
    """Count bytes that are about to be stored. Raises KeepsTooMuch."""
    kept = update(User).where(User.id == user_id).values(stored_bytes=User.stored_bytes + more)
    if connection.execute(kept.returning(User.stored_bytes)).scalar_one() > most * MEGABYTE:
        raise KeepsTooMuch(
            f"Your batches take the {most:,} MB that a user may keep: delete some that you need no more."
        )


def used(connection: Connection, user_id: str) -> Used:
    day, left = _today(connection)
    today = select(Usage.links).where(Usage.user_id == user_id, Usage.day == day)
    stored = connection.execute(select(User.stored_bytes).where(User.id == user_id)).scalar_one()
    waiting, handed_in = _waiting(connection, user_id), connection.execute(today).scalar() or 0
    return Used(waiting, handed_in, left, math.ceil(stored / MEGABYTE))


def links_today(engine: Engine) -> dict[str, int]:
    """Count the links that each user has handed in today, by the user's name. Users without any are left out."""
    with reading(engine) as connection:
        day, _ = _today(connection)
        used = select(User.username, Usage.links).join(User, User.id == Usage.user_id).where(Usage.day == day)
        return {row.username: row.links for row in connection.execute(used)}


def _waiting(connection: Connection, user_id: str) -> int:
    open_ = select(Batch.id).where(Batch.user_id == user_id, Batch.closed_at.is_(None))
    waiting = set(Status) - set(FINAL)
    counted = select(func.count()).where(Link.batch_id.in_(open_), Link.status.in_(sorted(waiting)))
    return connection.execute(counted).scalar_one()


def _charged(connection: Connection, user_id: str, day: int, links: int) -> int:
    new = upsert(connection, Usage).values(user_id=user_id, day=day, links=links)
    more = new.on_conflict_do_update(index_elements=[Usage.user_id, Usage.day], set_={"links": Usage.links + links})
    return connection.execute(more.returning(Usage.links)).scalar_one()


def _today(connection: Connection) -> tuple[int, int]:
    """Return the number of the day and the seconds that are left of it."""
    day, gone = divmod(int(read_clock(connection)), DAY_SECONDS)
    return day, DAY_SECONDS - gone
