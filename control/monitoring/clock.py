"""The database's clock, which may go back: when a host's clock is corrected, or the database moves to another host."""

from typing import Any

from sqlalchemy import Connection, Engine, case, select, true, update

from control.logs import get_logger
from control.times import DAY_SECONDS
from crawler.store.database import now, read_clock, reading, upsert
from crawler.store.models.batches import Link, Part, Status
from crawler.store.models.runs import ACTIVE, Beat, Budget, Run

log = get_logger()

LATEST = "latest"  # the row with the latest time that we have seen
NOTICED_SECONDS = 5.0
SHIFTED_SECONDS = 600.0  # a smaller step does no lasting harm, and cannot be told from the length of a lease

# Tables and their times; how far ahead a time may lie without the old clock as its cause; in which rows.
WAITS: tuple[tuple[Any, Any, float, Any], ...] = (
    (Budget, Budget.paused_until, 0.0, true()),
    (Part, Part.waiting_until, 0.0, true()),
    (Part, Part.ready_from, 0.0, true()),
    (Link, Link.not_before, 0.0, Link.status == Status.CREATED),
    (Run, Run.created_at, 0.0, Run.state.in_(ACTIVE)),
    (Run, Run.lease_until, SHIFTED_SECONDS, Run.state.in_(ACTIVE)),  # a living run keeps its lease ahead by itself
)


def note(connection: Connection, beat_at: float | None) -> None:
    """Remember the latest time. `beat_at` is when this was last done. If that lies far ahead, the clock went back.

    The caller has locked the beat's row, so that only one of two schedulers sees it.
    """
    at = read_clock(connection)
    if beat_at is not None and beat_at - at > SHIFTED_SECONDS:
        _shift(connection, at, beat_at - at)
    later = case((Beat.at > at + DAY_SECONDS, at + DAY_SECONDS), (Beat.at > at, Beat.at), else_=at)
    new = upsert(connection, Beat).values(name=LATEST, at=at)
    connection.execute(new.on_conflict_do_update(index_elements=[Beat.name], set_={"at": later}))


def _shift(connection: Connection, at: float, seconds: float) -> None:
    """Move waits back, so that none becomes longer by these seconds. Slots of budgets correct themselves."""
    log.warning("the clock went back", seconds=round(seconds))
    for table, column, ahead, which in WAITS:
        waiting = update(table).where(column > at + ahead, which).values({column: column - seconds})
        connection.execute(waiting.execution_options(synchronize_session=False))


def set_back(engine: Engine) -> float | None:
    """Return for how many seconds the clock will still be behind the latest time it has shown. None if it is not."""
    with reading(engine) as connection:
        seconds = connection.execute(select(Beat.at - now()).where(Beat.name == LATEST)).scalar()
    return seconds if seconds is not None and seconds > NOTICED_SECONDS else None
