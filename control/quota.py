"""How many links one user may have waiting, and hand in a day: VK's own quota is everybody's."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from control.errors import QuotaExceeded
from control.settings import Settings
from crawler.database import now, upsert
from crawler.models import FINAL, Batch, Link, Status, Usage, User

DAY_SECONDS = 86_400
SOON_SECONDS = 60  # when links that wait may have become fewer


@dataclass(frozen=True, slots=True)
class Used:
    waiting: int
    today: int
    left_today: int  # seconds


def charge(connection: Connection, user_id: str, links: int, settings: Settings) -> None:
    """Count links that are about to be stored. Raises QuotaExceeded.

    The user's row is locked: two requests at once cannot both take the last place. SQLite has one writer anyway.
    """
    connection.execute(select(User.id).where(User.id == user_id).with_for_update())
    waiting = _waiting(connection, user_id)
    if waiting + links > settings.most_waiting_links:
        raise QuotaExceeded(
            f"{waiting:,} of your links wait, and {settings.most_waiting_links:,} may: hand {links:,} in later.",
            SOON_SECONDS,
        )
    day, left = _today(connection)
    if _charged(connection, user_id, day, links) > settings.most_links_per_day:
        raise QuotaExceeded(
            f"A user may hand in {settings.most_links_per_day:,} links a day (UTC), of which too few are left.", left
        )


def used(connection: Connection, user_id: str) -> Used:
    day, left = _today(connection)
    today = select(Usage.links).where(Usage.user_id == user_id, Usage.day == day)
    return Used(_waiting(connection, user_id), connection.execute(today).scalar() or 0, left)


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
    """The day, and the seconds that are left of it."""
    day, gone = divmod(int(connection.execute(select(now())).scalar_one()), DAY_SECONDS)
    return day, DAY_SECONDS - gone
