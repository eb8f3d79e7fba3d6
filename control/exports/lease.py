"""Who makes an export: a worker takes it by compare-and-set and keeps it while it extends its lease.

A worker that was too slow can write nothing any more, because every write names its worker.
"""

from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, insert, or_, select, update

from control.exports import allowance
from control.exports.orders import KEPT_SECONDS
from crawler.queue import lease
from crawler.store.database import now, reading, writing
from crawler.store.models.base import random_id
from crawler.store.models.exports import Export, ExportPiece, ExportState

LEASE_SECONDS = lease.seconds()  # the same as a run has
ATTEMPTS = 3
IN_VAIN = "it could not be made, three times: ask for fewer rows or columns, or for CSV"
TOO_LARGE = f"{allowance.FULL}, or ask for fewer rows"


class LostError(Exception):
    """Another worker makes the export now, or it was deleted."""


def take(engine: Engine) -> tuple[str, str, str | None] | None:
    """Take the oldest export that no worker makes. Return its id, the new worker's id and the former worker's."""
    free = or_(
        Export.state == ExportState.WAITING, and_(Export.state == ExportState.MAKING, Export.lease_until < now())
    )
    first = select(Export.id, Export.worker, Export.attempts).where(Export.finished_at.is_(None), free)
    with reading(engine) as connection:
        found = connection.execute(first.order_by(Export.created_at).limit(1)).first()
    if found is None:
        return None
    with writing(engine) as connection:
        if found.attempts >= ATTEMPTS:
            if _fail(connection, and_(Export.id == found.id, free), IN_VAIN):
                _remove_pieces(connection, found.id)
            return None
        worker = random_id()
        taken = update(Export).where(Export.id == found.id, free)
        values = {
            "state": ExportState.MAKING,
            "worker": worker,
            "rows_done": 0,
            "bytes": 0,
            "attempts": Export.attempts + 1,
        }
        taken = taken.values(**values, lease_until=now() + LEASE_SECONDS)
        return (found.id, worker, found.worker) if connection.execute(taken).rowcount else None


def give_back(engine: Engine, export_id: str, worker: str) -> bool:
    """Let another worker take at once what this one left unfinished. Return whether it was unfinished."""
    with engine.begin() as connection:
        left = update(Export).where(_held(export_id, worker)).values(lease_until=0)
        return bool(connection.execute(left).rowcount)


def keep(connection: Connection, export_id: str, worker: str, **values: Any) -> None:
    """Extend the lease. Raises LostError."""
    kept = update(Export).where(_held(export_id, worker)).values(lease_until=now() + LEASE_SECONDS, **values)
    if not connection.execute(kept).rowcount:
        raise LostError


def clear(engine: Engine, export_id: str, worker: str) -> None:
    """Remove the pieces that an earlier worker has stored."""
    with writing(engine) as connection:
        keep(connection, export_id, worker)
        _remove_pieces(connection, export_id)


def store(engine: Engine, export_id: str, worker: str, number: int, data: bytes) -> None:
    """Store a piece in a transaction of its own, so that others can write in between."""
    with writing(engine) as connection:
        keep(connection, export_id, worker)
        connection.execute(insert(ExportPiece).values(export_id=export_id, number=number, data=data))


def reserve(engine: Engine, export_id: str, worker: str, user_id: str, size: int) -> bool:
    """Make room for so many bytes, and return whether there is some. Raises LostError."""
    with writing(engine) as connection:
        if allowance.used(connection, user_id, apart_from=export_id) + size > allowance.MOST_BYTES:
            return False
        keep(connection, export_id, worker, bytes=size)
        return True


def finish(engine: Engine, export_id: str, worker: str, rows: int) -> None:
    """Say that it is ready. Raises LostError."""
    times = {"finished_at": now(), "expires_at": now() + KEPT_SECONDS}
    with writing(engine) as connection:
        keep(connection, export_id, worker, state=ExportState.READY, rows_done=rows, **times)


def fail(engine: Engine, export_id: str, worker: str, error: str) -> None:
    with writing(engine) as connection:
        _fail(connection, _held(export_id, worker), error)


def _fail(connection: Connection, which: Any, error: str) -> int:
    failed = update(Export).where(which)
    return connection.execute(failed.values(state=ExportState.FAILED, error=error, bytes=0, finished_at=now())).rowcount


def _remove_pieces(connection: Connection, export_id: str) -> None:
    connection.execute(delete(ExportPiece).where(ExportPiece.export_id == export_id))


def _held(export_id: str, worker: str) -> Any:
    return and_(Export.id == export_id, Export.worker == worker, Export.state == ExportState.MAKING)
