"""The copies of a month that is being closed: some rows at a time, so that others can write in between."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from control.campaigns import closed_rows, ledger
from control.campaigns.month_rows import MonthRow
from control.campaigns.months import Month
from control.reports.value_at import Value
from crawler.store.database import upsert
from crawler.store.models.months import ClosedMonth, ClosedPlacement, ClosedValue

COPIES = (ClosedValue, ClosedPlacement)


class Closing(NamedTuple):
    """What copies belong to: a closing of this number, which is complete once a `ClosedMonth` has it."""

    campaign_id: int
    number: int


def begin(connection: Connection, campaign_id: int) -> Closing:
    """Return a number that no closing has had, and remove what is left of closings that came to nothing."""
    highest = max(_highest(connection, table, campaign_id) for table in (ClosedMonth, *COPIES))
    complete = set(
        connection.execute(select(ClosedMonth.number).where(ClosedMonth.campaign_id == campaign_id)).scalars()
    )
    for number in {*range(1, highest + 1)} - complete:  # named, for the copies of all other months are left unread
        for table in COPIES:
            connection.execute(delete(table).where(table.campaign_id == campaign_id, table.number == number))
    return Closing(campaign_id, highest + 1)


def _highest(connection: Connection, table: Any, campaign_id: int) -> int:
    highest = select(func.coalesce(func.max(table.number), 0)).where(table.campaign_id == campaign_id)
    return int(connection.execute(highest).scalar_one())


def add(connection: Connection, closing: Closing, month: Month, rows: Sequence[MonthRow]) -> None:
    """Store some rows. The value of a post that is placed several times is stored with the first of them."""
    of = closing._asdict()
    values = [of | each for each in _values(month, rows)]
    connection.execute(upsert(connection, ClosedValue).on_conflict_do_nothing(), values)
    connection.execute(insert(ClosedPlacement), [of | closed_rows.write(row, closing.number) for row in rows])


def count(connection: Connection, closing: Closing) -> int:
    mine = (ClosedPlacement.campaign_id == closing.campaign_id, ClosedPlacement.number == closing.number)
    return int(connection.execute(select(func.count()).select_from(ClosedPlacement).where(*mine)).scalar_one())


def _values(month: Month, rows: Sequence[MonthRow]) -> list[dict[str, Any]]:
    """Return the values at both ends, of each post once, without those that the month before has stored."""
    found = dict[tuple[Any, ...], dict[str, Any]]()
    for row in rows:
        ends: list[tuple[float, Value, int | None]] = [(month.end, row.end, row.reported)]
        if row.begin_number is None:
            ends.append((month.begin, row.begin, row.baseline))
        for at, value, reported in ends:
            key = {"post_id": row.post_id, "access_key": row.access_key, "at": at}
            found.setdefault(tuple(key.values()), key | ledger.write_value(value) | {"reported": reported})
    return list(found.values())
