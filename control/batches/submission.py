"""Handing links in: they become a batch of the user, which is committed before we answer."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine

from control.batches import quota
from control.batches.idempotency import Key, claim, remembered
from control.errors import NoLinks, TooManyLinks
from control.logs import get_logger
from control.reports import fresh_readings
from control.settings import Settings
from crawler import platforms
from crawler.platforms import known
from crawler.queue import acceptance, own_rows, wakeup
from crawler.queue.acceptance import Entry, NewBatch, Receipt
from crawler.store.database import snapshot, writing

log = get_logger()

MOST_LINKS = 100_000  # of a batch


def check_number(links: int) -> None:
    """Raise NoLinks or TooManyLinks if a batch cannot have so many."""
    if not links:
        raise NoLinks("The list `links` is empty: send at least one link.")
    if links > MOST_LINKS:
        raise TooManyLinks(f"A batch takes {MOST_LINKS:,} links: send the {links:,} in several batches.")


def new_batch(  # noqa: PLR0913 - the sender decides each of these
    user_id: str,
    settings: Settings,
    platform: str | None,
    *,
    deadline: float | None = None,
    retry_of: str | None = None,
    repeat_of: str | None = None,
    name: str = "",
) -> NewBatch:
    """Describe a new batch. Its links are those of one platform, or of any (None).

    Links that are not final after `deadline` seconds fail; None is the time from the settings.
    """
    return NewBatch(user_id, platform, deadline or settings.batch_deadline, retry_of, name, repeat_of=repeat_of)


def submit(  # noqa: PLR0913, PLR0917 - none of these belongs to another
    engine: Engine,
    settings: Settings,
    batch: NewBatch,
    links: Sequence[str],
    key: Key | None,
    rows: Sequence[int | None] = (),
    max_age: float | None = None,
) -> tuple[Receipt, list[Entry]]:
    """Store the links. They are committed when this returns.

    If the idempotency key was used before, nothing is stored and the first request's receipt is returned. For a retry
    or a repeat, `rows` are the numbers of the links' rows in the user's file. `max_age` is that of `keep`.

    Raises QuotaExceeded, KeepsTooMuch, IdempotencyKeyReused.
    """
    identify = known()[batch.platform].identify if batch.platform else platforms.identify
    entries = acceptance.entries(links, identify, rows)
    receipt = acceptance.receipt(batch.public_id, entries)
    with writing(engine) as connection:
        first = claim(connection, batch.user_id, key, receipt) if key else receipt
        if first is receipt:
            batch_id = keep(connection, settings, batch, entries, max_age)
            if any(rows):
                _copy_rows(connection, settings, batch, batch_id)
    wakeup.send(engine)
    log.info("batch accepted" if first is receipt else "batch sent again", batch=first.batch_id, links=len(links))
    return first, entries


def keep(
    connection: Connection, settings: Settings, batch: NewBatch, entries: list[Entry], max_age: float | None
) -> int:
    """Charge the links to their user and store them. Returns the batch's key.

    Those of which the user sees a reading that is at most `max_age` seconds old end with it (None: all are measured).
    Raises QuotaExceeded, KeepsTooMuch.
    """
    shared = settings.share_readings == "on"
    served = fresh_readings.find(connection, batch.user_id, entries, max_age, shared=shared) if max_age else {}
    quota.charge(connection, batch.user_id, entries, settings, batch.own_bytes, len(served))
    return acceptance.store(connection, batch, entries, served)


def _copy_rows(connection: Connection, settings: Settings, batch: NewBatch, batch_id: int) -> None:
    """Give links that are asked for again the rows that they had; a repeated batch has those without a link, too."""
    old = batch.retry_of or batch.repeat_of
    more = own_rows.copy(connection, old, batch_id, whole=bool(batch.repeat_of)) if old else 0
    quota.charge_storage(connection, batch.user_id, more, settings.most_stored_megabytes)


def first_receipt(engine: Engine, user_id: str, key: Key | None) -> Receipt | None:
    """Return the receipt of a request that is sent again. Its batch may have been deleted meanwhile.

    Raises IdempotencyKeyReused.
    """
    with snapshot(engine) as connection:
        return remembered(connection, user_id, key) if key else None
