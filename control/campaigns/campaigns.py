"""Campaigns: made, listed, changed and deleted by their user."""

from collections.abc import Sequence
from time import sleep
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, delete, func, insert, select, update

from control.accounts import row_lock
from control.batches.idempotency import Key, claim
from control.campaigns import next_points, own_columns, price
from control.errors import FollowsTooMuch, NotFound
from control.settings import Settings
from crawler.queue import erasure, wakeup
from crawler.queue.acceptance import Receipt
from crawler.store import bulk_parameters
from crawler.store.database import snapshot, writing
from crawler.store.models.base import may_be_id, random_id
from crawler.store.models.campaigns import Campaign, Placement

MOST_CAMPAIGNS = 1_000  # of a user
PLACEMENTS_AT_ONCE = 500  # that are removed in one transaction, with the readings of their posts
PAUSE_SECONDS = 0.1  # after each of them: whoever waits for SQLite looks so often at least whether it is free
WHEN = {"plan", "time_zone", "ends_at"}  # columns that say when posts are measured


def make(engine: Engine, user_id: str, values: dict[str, Any], key: Key | None = None) -> Row[Any]:
    """Make a campaign with these values of its columns. With an idempotency key that was used before, return the one
    that was made then. Raises FollowsTooMuch, IdempotencyKeyReused, and NotFound if that one was deleted since.
    """
    public_id = random_id()
    with writing(engine) as connection:
        row_lock.lock(connection, user_id)
        if key and (first := claim(connection, user_id, key, Receipt(public_id, 0, 0, 0)).batch_id) != public_id:
            return find(connection, user_id, first)
        counted = select(func.count()).select_from(Campaign).where(Campaign.user_id == user_id)
        if connection.execute(counted).scalar_one() >= MOST_CAMPAIGNS:
            raise FollowsTooMuch(f"You have {MOST_CAMPAIGNS:,} campaigns: delete some that you need no more.")
        connection.execute(insert(Campaign).values(user_id=user_id, public_id=public_id, **values))
        return find(connection, user_id, public_id)


def find(connection: Connection, user_id: str, public_id: str, *, lock: bool = False) -> Row[Any]:
    """Read a campaign of the user's, and how many placements it has. Raises NotFound."""
    mine = _campaigns().where(Campaign.public_id == public_id, Campaign.user_id == user_id)
    statement = mine.with_for_update(of=Campaign) if lock else mine
    row = connection.execute(statement).one_or_none() if may_be_id(public_id) else None
    if row is None:
        raise NotFound("You have no campaign of this id.")
    return row


def page(engine: Engine, user_id: str, cursor: str | None, limit: int) -> tuple[list[Row[Any]], str | None]:
    """Read some of the user's campaigns, newest first, and the cursor of the next page. Raises NotFound."""
    mine = _campaigns().where(Campaign.user_id == user_id).order_by(Campaign.id.desc()).limit(limit + 1)
    with snapshot(engine) as connection:
        if cursor:
            mine = mine.where(Campaign.id < find(connection, user_id, cursor).id)
        rows = list(connection.execute(mine))
    return rows[:limit], rows[limit - 1].public_id if len(rows) > limit else None


def change(engine: Engine, settings: Settings, user_id: str, public_id: str, values: dict[str, Any]) -> Row[Any]:
    """Change columns; a new plan holds from now on. Raises NotFound, FollowsTooMuch."""
    with writing(engine) as connection:
        row = find(connection, user_id, public_id, lock=True)
        if "time_zone" in values:
            values = values | {"month_ends_at": None}  # it is found anew
        written = update(Campaign).where(Campaign.id == row.id).values(**values)
        if WHEN & values.keys():
            with price.within(connection, user_id, settings.most_readings_per_day):
                connection.execute(written)
            next_points.schedule(connection, _posts(connection, row.id))
        elif values:
            connection.execute(written)
        changed = find(connection, user_id, public_id)
    wakeup.send(engine)
    return changed


def remove(engine: Engine, user_id: str, public_id: str) -> None:
    """Delete a campaign with its placements; posts that nobody else follows are measured no more. Raises NotFound."""
    left = True
    while left:
        with writing(engine) as connection:
            left = erase(connection, find(connection, user_id, public_id, lock=True).id)
        if left:
            sleep(PAUSE_SECONDS)


def erase(connection: Connection, campaign_id: int) -> bool:
    """Remove some placements of a campaign, with the readings of posts that nobody names any more, and with the last
    ones the campaign; whether something is left.
    """
    some = select(Placement.id, Placement.post_id).where(Placement.campaign_id == campaign_id)
    rows = connection.execute(some.order_by(Placement.position).limit(PLACEMENTS_AT_ONCE)).all()
    _erase_placements(connection, campaign_id, rows)
    if len(rows) == PLACEMENTS_AT_ONCE:
        return True
    connection.execute(delete(Campaign).where(Campaign.id == campaign_id))
    return False


def _erase_placements(connection: Connection, campaign_id: int, rows: Sequence[Any]) -> None:
    dialect = connection.dialect.name
    own_columns.forget(connection, campaign_id, [row.id for row in rows])
    gone = delete(Placement).where(Placement.id.in_(bulk_parameters.ids(dialect)))
    connection.execute(gone, bulk_parameters.parameters(dialect, id=[row.id for row in rows]))
    posts = sorted({row.post_id for row in rows if row.post_id is not None})
    next_points.schedule(connection, posts)
    erasure.forget_posts(connection, posts)


def _posts(connection: Connection, campaign_id: int) -> list[int]:
    named = select(Placement.post_id).where(Placement.campaign_id == campaign_id, Placement.post_id.is_not(None))
    return [post_id for post_id in connection.execute(named.distinct()).scalars() if post_id is not None]


def _campaigns() -> Select[*tuple[Any, ...]]:
    placements = select(func.count()).where(Placement.campaign_id == Campaign.id).scalar_subquery()
    return select(Campaign, placements.label("placements"))
