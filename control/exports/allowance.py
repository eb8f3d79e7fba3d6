"""What one user's files may take: those that came in and those that were made, together."""

from sqlalchemy import Connection, func, select

from control.accounts import row_lock
from crawler.store.database import now
from crawler.store.models.exports import Export
from crawler.store.models.imports import Import

MOST_BYTES = 256 * 2**20
FULL = f"your imports and exports would take more than {MOST_BYTES >> 20} MiB together: delete some first"


def used(connection: Connection, user_id: str, apart_from: str | None = None) -> int:
    """Return the bytes that a user's files take; until the transaction ends, nobody else adds to them.

    `apart_from` is an export that is not counted.
    """
    row_lock.lock(connection, user_id)
    came = select(func.coalesce(func.sum(Import.size), 0)).where(Import.user_id == user_id, Import.expires_at > now())
    made = select(func.coalesce(func.sum(Export.bytes), 0)).where(Export.user_id == user_id)
    if apart_from is not None:
        made = made.where(Export.id != apart_from)
    return int(connection.execute(came).scalar_one()) + int(connection.execute(made).scalar_one())
