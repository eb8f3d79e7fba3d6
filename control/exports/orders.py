"""Exports, as users order, see and delete them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select

from control.errors import ExportNotReady, NotFound, TooManyExports
from control.exports import allowance, month_source
from control.exports import source as sources
from control.exports.choice import Choice
from control.exports.month_source import MonthSource
from control.exports.month_table import MonthTable
from control.exports.source import Source
from control.exports.tables import Table
from control.times import DAY_SECONDS
from crawler.store.database import now, reading, writing
from crawler.store.models.base import may_be_id
from crawler.store.models.batches import Batch
from crawler.store.models.campaigns import Campaign
from crawler.store.models.exports import Export, ExportPiece, ExportState

MOST = 3  # of a user
KEPT_SECONDS = float(DAY_SECONDS)


@dataclass(frozen=True, slots=True)
class Ordered:
    """An export. Times are seconds since 1970."""

    id: str
    batch: str | None  # or
    campaign: str | None  # and
    month: str | None
    choice: Choice
    state: str
    rows: int
    rows_done: int
    bytes: int
    error: str | None
    created_at: float
    finished_at: float | None
    expires_at: float


def order(connection: Connection, user_id: str, source: Source | MonthSource, choice: Choice) -> Ordered:
    """Order a file. If the same one is being made already, that one is returned. Raises TooManyExports."""
    used, of = allowance.used(connection, user_id), _of_source(source)
    mine = connection.execute(_orders().where(Export.user_id == user_id)).all()
    for row in mine:
        if row.finished_at is None and (_of(row), row.choice) == (of, choice.as_json()):
            return _ordered(row)
    if len(mine) >= MOST:
        raise TooManyExports(f"You have {MOST} exports: delete one first.")
    if used >= allowance.MOST_BYTES:
        raise TooManyExports(f"No room for the file: {allowance.FULL}.")
    new = {"user_id": user_id, **of._asdict(), "choice": choice.as_json()}
    rows = _count(connection, source, choice)
    made = insert(Export).values(**new, rows=rows, expires_at=now() + KEPT_SECONDS).returning(Export.id)
    return find(connection, user_id, connection.execute(made).scalar_one())


def find(connection: Connection, user_id: str, export_id: str) -> Ordered:
    """Read an export. Raises NotFound if the user has none with this id."""
    mine = _orders().where(Export.id == export_id, Export.user_id == user_id)
    row = connection.execute(mine).first() if may_be_id(export_id) else None
    if row is None:
        raise _missing()
    return _ordered(row)


def find_any(connection: Connection, export_id: str) -> tuple[str, Ordered] | None:
    """Read anybody's export, for the worker that makes it, with the id of its user."""
    row = connection.execute(_orders().where(Export.id == export_id)).first()
    return (row.user_id, _ordered(row)) if row else None


def list_all(connection: Connection, user_id: str) -> list[Ordered]:
    """Read all exports of a user, the oldest first. There are only a few."""
    mine = _orders().where(Export.user_id == user_id).order_by(Export.created_at, Export.id)
    return [_ordered(row) for row in connection.execute(mine)]


def remove(engine: Engine, user_id: str, export_id: str) -> None:
    """Delete an export. A worker that is making it stops. Raises NotFound."""
    with writing(engine) as connection:
        find(connection, user_id, export_id)
        connection.execute(delete(Export).where(Export.id == export_id))


def table_of(connection: Connection, user_id: str, ordered: Ordered, zone: ZoneInfo) -> Table | MonthTable:
    """Find what an export is made of. Raises NotFound."""
    if ordered.batch is not None:
        return Table(sources.find(connection, user_id, ordered.batch), ordered.choice, zone)
    assert ordered.campaign is not None
    assert ordered.month is not None
    month = month_source.find(connection, user_id, ordered.campaign, ordered.month, ordered.choice.version)
    return MonthTable(month, ordered.choice)


def check_ready(ordered: Ordered) -> None:
    """Raises ExportNotReady while there is no file."""
    if ordered.state != ExportState.READY:
        raise ExportNotReady(f"This export is {ordered.state}: {ordered.error or 'ask for it again in a moment'}.")


def pieces(engine: Engine, export_id: str, number: int = 0) -> Iterator[bytes]:
    """Read the file piece by piece, with no transaction open in between. Raises NotFound if it is deleted meanwhile."""
    with reading(engine) as connection:
        counted = select(func.count()).where(ExportPiece.export_id == export_id)
        total = connection.execute(counted).scalar_one()
    while number < total:
        with reading(engine) as connection:
            one = select(ExportPiece.data).where(ExportPiece.export_id == export_id, ExportPiece.number == number)
            data = connection.execute(one).scalar()
        if data is None:
            raise _missing()
        yield data
        number += 1


def _missing() -> NotFound:
    return NotFound("You have no export of this id.")


class _Of(NamedTuple):
    """What an export is of, as its row has it."""

    batch_id: int | None
    campaign_id: int | None
    month: str | None


def _of(row: Any) -> _Of:
    return _Of(row.batch_id, row.campaign_id, row.month)


def _of_source(source: Source | MonthSource) -> _Of:
    if isinstance(source, Source):
        return _Of(source.batch_id, None, None)
    return _Of(None, source.campaign.id, source.month)


def _count(connection: Connection, source: Source | MonthSource, choice: Choice) -> int:
    if isinstance(source, Source):
        return sources.count(connection, source, choice)
    return int(source.campaign.placements)


def _orders() -> Select[*tuple[Any, ...]]:
    names = (Batch.public_id.label("batch"), Campaign.public_id.label("campaign"))
    orders = select(Export.__table__, *names).outerjoin(Batch, Batch.id == Export.batch_id)
    return orders.outerjoin(Campaign, Campaign.id == Export.campaign_id)


def _ordered(row: Any) -> Ordered:
    return Ordered(
        id=row.id,
        batch=row.batch,
        campaign=row.campaign,
        month=row.month,
        choice=Choice.from_json(row.choice),
        state=row.state,
        rows=row.rows,
        rows_done=row.rows_done,
        bytes=row.bytes,
        error=row.error,
        created_at=row.created_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
    )
