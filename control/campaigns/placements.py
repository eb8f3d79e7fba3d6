"""The placements of a campaign: added, read page by page, changed and removed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from control.accounts import row_lock
from control.batches import quota
from control.batches.idempotency import Key, claim
from control.batches.progress import own
from control.campaigns import campaigns, next_points, own_columns, price
from control.campaigns.own_columns import Table, Unread
from control.errors import FollowsTooMuch
from control.settings import Settings
from crawler import platforms
from crawler.queue import acceptance, erasure, wakeup
from crawler.queue.acceptance import Entry, Receipt
from crawler.store.database import now, snapshot, writing
from crawler.store.models.batches import Link
from crawler.store.models.campaigns import Campaign, Following, Placement

MOST_PLACEMENTS = 20_000  # of a campaign


class Added(NamedTuple):
    """What the sender is told: cells that could not be read are `unread`."""

    receipt: Receipt
    entries: list[Entry]
    unread: list[Unread]


def links_of(engine: Engine, user_id: str, public_id: str) -> list[str]:
    """Read the links of a batch of the user's, in the order sent. Raises NotFound."""
    with snapshot(engine) as connection:
        batch_id = own(connection, user_id, public_id)
        links = select(Link.url).where(Link.batch_id == batch_id).order_by(Link.position).limit(MOST_PLACEMENTS + 1)
        return list(connection.execute(links).scalars())


def add(  # noqa: PLR0913, PLR0917 - each is another thing
    engine: Engine,
    settings: Settings,
    user_id: str,
    public_id: str,
    links: Sequence[str],
    key: Key | None,
    batch: str | None = None,
) -> Added:
    """Let a campaign follow what these links name, from now on. They are committed when this returns.

    With an idempotency key that was used before nothing is stored, and the receipt is the first one's. `batch` is the
    public id of the batch that the links come from, and whose own columns come along.
    Raises what `keep` does, and IdempotencyKeyReused.
    """
    entries = acceptance.entries(links, platforms.identify)
    receipt, unread = acceptance.receipt(public_id, entries), list[Unread]()
    with writing(engine) as connection:
        campaign = campaigns.find(connection, user_id, public_id, lock=True)
        first = claim(connection, user_id, key, receipt) if key else receipt
        if first is receipt:
            table = own_columns.of_batch(connection, own(connection, user_id, batch)) if batch else None
            unread = keep(connection, settings, campaign, entries, table)
    wakeup.send(engine)
    return Added(first, entries, unread)


def keep(
    connection: Connection, settings: Settings, campaign: Row[Any], entries: list[Entry], table: Table | None
) -> list[Unread]:
    """Store placements with their own columns in a campaign that is locked; return the cells that could not be read.

    Each link counts as one that is handed in today, for it is measured at once.
    Raises FollowsTooMuch, QuotaExceeded, KeepsTooMuch.
    """
    user_id = campaign.user_id
    _check(connection, campaign, user_id, len(entries), settings.most_followed_posts)
    quota.charge_day(connection, user_id, len(entries), settings.most_links_per_day)
    position = _take_positions(connection, campaign.id, len(entries))
    acceptance.place(connection, campaign.id, position, entries)
    taken, unread = own_columns.store(connection, campaign.id, position, table) if table else (0, [])
    quota.charge_storage(connection, user_id, taken, settings.most_stored_megabytes)
    with price.within(connection, user_id, settings.most_readings_per_day):
        next_points.begin(connection, campaign.id, position)
    return unread


def _check(connection: Connection, campaign: Row[Any], user_id: str, more: int, most: int) -> None:
    row_lock.lock(connection, user_id)
    if campaign.placements + more > MOST_PLACEMENTS:
        over = campaign.placements + more - MOST_PLACEMENTS
        raise FollowsTooMuch(
            f"A campaign takes {MOST_PLACEMENTS:,} placements, and these are {over:,} too many: make another one."
        )
    over = count(connection, user_id) + more - most
    if over > 0:
        raise FollowsTooMuch(
            f"A user may follow {most:,} placements, and these are {over:,} too many: remove some that have come to "
            "their end."
        )


def count(connection: Connection, user_id: str) -> int:
    """Count the placements of a user."""
    theirs = select(func.count()).select_from(Placement).join(Campaign).where(Campaign.user_id == user_id)
    return connection.execute(theirs).scalar_one()


def _take_positions(connection: Connection, campaign_id: int, number: int) -> int:
    """Return the first of so many positions, which no other placement ever gets."""
    taken = update(Campaign).where(Campaign.id == campaign_id).values(positions=Campaign.positions + number)
    return int(connection.execute(taken.returning(Campaign.positions)).scalar_one()) - number


def change(
    connection: Connection,
    settings: Settings,
    placement: Row[Any],
    values: dict[str, Any],
    *,
    paused: bool | None,
) -> None:
    """Change columns of it; one that is paused follows its post no more until it goes on.

    Raises FollowsTooMuch, QuotaExceeded.
    """
    if paused is False and placement.paused_at is not None and placement.post_id is not None:
        quota.charge_day(connection, placement.user_id, 1, settings.most_links_per_day)  # it is measured at once
    if paused is False or _lasts_longer(placement, values):
        with price.within(connection, placement.user_id, settings.most_readings_per_day):
            _change(connection, placement, values, paused=paused)
    else:
        _change(connection, placement, values, paused=paused)


def _lasts_longer(placement: Row[Any], values: dict[str, Any]) -> bool:
    """Whether more is to be measured for it, so that the price has to be told; that takes a while."""
    ends_at = values.get("ends_at", placement.ends_at)
    return placement.ends_at is not None and (ends_at is None or ends_at > placement.ends_at)


def _change(connection: Connection, placement: Row[Any], values: dict[str, Any], *, paused: bool | None) -> None:
    turned = paused is not None and paused != (placement.paused_at is not None)
    if turned:
        values = values | {"paused_at": now() if paused else None}
    if values:
        connection.execute(update(Placement).where(Placement.id == placement.id).values(**values))
    if placement.post_id is None:
        return
    if turned and paused:
        open_ = (Following.placement_id == placement.id, Following.until.is_(None))
        connection.execute(update(Following).where(*open_).values(until=now()))
    if turned and not paused:
        connection.execute(insert(Following).values(placement_id=placement.id, since=now()))
        next_points.follow(connection, [(placement.post_id, placement.access_key)])
    else:
        next_points.schedule(connection, [placement.post_id])


def remove(connection: Connection, placement: Row[Any]) -> None:
    """Remove it; its post is measured no more for it, and its readings go with whoever named it last."""
    own_columns.forget(connection, placement.campaign_id, [placement.id])
    connection.execute(delete(Placement).where(Placement.id == placement.id))
    if placement.post_id is not None:
        next_points.schedule(connection, [placement.post_id])
        erasure.forget_posts(connection, [placement.post_id])
