"""Which links of a batch a retry or a repeat takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import Connection, Engine, Row, Select, select

from control.batches.progress import own
from control.errors import NothingToRetry
from crawler.reasons import Reason
from crawler.store.database import snapshot
from crawler.store.models.batches import Batch, Link, Status


class Only(StrEnum):
    """Which of the failed links to try again."""

    RETRYABLE = "retryable"  # those that may succeed the next time
    FAILED = "failed"  # all of them


@dataclass(frozen=True, slots=True)
class Again:
    """Links of a batch in the order sent, and what the new batch takes over from it.

    `rows` are their rows in the user's file. `platform` is None if they have several.
    """

    links: list[str]
    rows: list[int | None]
    platform: str | None
    name: str

    @classmethod
    def of(cls, batch: Row[int, str, str], links: Sequence[Row[Any]]) -> Self:
        return cls(
            [link.url for link in links], [link.row_number for link in links], batch.platform or None, batch.name
        )


def failed_links(engine: Engine, user_id: str, public_id: str, only: Only) -> Again:
    """Read the links to try again. This needs no lock, because they are final.

    Raises NotFound, NothingToRetry.
    """
    reasons = [reason for reason in Reason if only == Only.FAILED or reason.retryable]
    with snapshot(engine) as connection:
        batch = _batch(connection, user_id, public_id)
        failed = _links(batch).where(Link.status == Status.FAILED, Link.reason.in_(reasons))
        links = connection.execute(failed).all()
    if not links:
        raise NothingToRetry(f"No link of this batch is {only}.")
    return Again.of(batch, links)


def all_links(engine: Engine, user_id: str, public_id: str) -> Again:
    """Read all links of a batch, whatever their status. Raises NotFound."""
    with snapshot(engine) as connection:
        batch = _batch(connection, user_id, public_id)
        return Again.of(batch, connection.execute(_links(batch)).all())


def _batch(connection: Connection, user_id: str, public_id: str) -> Row[int, str, str]:
    wanted = select(Batch.id, Batch.platform, Batch.name).where(Batch.id == own(connection, user_id, public_id))
    return connection.execute(wanted).one()


def _links(batch: Row[int, str, str]) -> Select[*tuple[Any, ...]]:
    return select(Link.url, Link.row_number).where(Link.batch_id == batch.id).order_by(Link.position)
