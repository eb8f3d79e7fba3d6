"""`Idempotency-Key`: a request that is sent again gets the first one's answer, and nothing is stored twice.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.sql.dml import ReturningInsert

from control.errors import IdempotencyKeyReused
from control.times import DAY_SECONDS
from crawler.queue.acceptance import Receipt
from crawler.store.database import now, upsert
from crawler.store.models.batches import Submission

REMEMBERED_SECONDS = DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Key:
    """The sender's name for a request, and the fingerprint that tells the request from others."""

    text: str
    fingerprint: str


def claim(connection: Connection, user_id: str, key: Key, receipt: Receipt) -> Receipt:
    """Return the receipt of the user's first request with this key, which is the given one if this is the first.

    Of two requests at once the second waits for the first one's commit. Raises IdempotencyKeyReused.
    """
    mine = (Submission.user_id == user_id, Submission.key == key.text)
    connection.execute(delete(Submission).where(*mine, Submission.created_at < now() - REMEMBERED_SECONDS))
    if connection.execute(_new(connection, user_id, key, receipt)).first():
        return receipt
    return _receipt(connection.execute(select(Submission.__table__).where(*mine)).one(), key)


def remembered(connection: Connection, user_id: str, key: Key) -> Receipt | None:
    """Return the receipt of the user's first request with this key, if there was one. Raises IdempotencyKeyReused."""
    mine = (Submission.user_id == user_id, Submission.key == key.text)
    late = Submission.created_at >= now() - REMEMBERED_SECONDS
    first = connection.execute(select(Submission.__table__).where(*mine, late)).one_or_none()
    return _receipt(first, key) if first else None


def _receipt(first: Row[Any], key: Key) -> Receipt:
    if first.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused("This Idempotency-Key was used for another request: choose a new one for each.")
    return Receipt(first.batch_public_id, first.accepted, first.duplicates, first.rejected)


def _new(connection: Connection, user_id: str, key: Key, receipt: Receipt) -> ReturningInsert[str]:
    values = {
        "user_id": user_id,
        "key": key.text,
        "fingerprint": key.fingerprint,
        "batch_public_id": receipt.batch_id,
        "accepted": receipt.accepted,
        "duplicates": receipt.duplicates,
        "rejected": receipt.rejected,
    }
    return upsert(connection, Submission).values(values).on_conflict_do_nothing().returning(Submission.key)
