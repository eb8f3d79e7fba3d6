"""What the closed months of a campaign have settled: where the next one begins, and how much was reported before."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, exists, select

from control.campaigns.next_points import Key
from control.reports.month_views import known
from control.reports.value_at import NO_VALUE, Basis, Reading, Value, ValueFlag
from crawler.store import bulk_parameters
from crawler.store.models.months import ClosedMonth, ClosedValue, Reopening

VALUE = ("value", "low", "high", "basis", "flags", "before", "after")  # columns of a stored value, in this order
REOPENED = and_(Reopening.campaign_id == ClosedMonth.campaign_id, Reopening.number == ClosedMonth.number)


class Settled(NamedTuple):
    """`value` is what the next month begins with, as the closing of this number stored it. None: it was not known, or
    another month lies between, which nobody closed.
    """

    number: int
    value: Value | None
    reported: int | None  # by the months before, altogether


NOTHING = Settled(0, None, None)


def standing(connection: Connection, campaign_id: int) -> Sequence[Row[Any]]:
    """Read the months that are closed and were not reopened, in their order."""
    closed = select(ClosedMonth.__table__).where(ClosedMonth.campaign_id == campaign_id, ~exists().where(REOPENED))
    return connection.execute(closed.order_by(ClosedMonth.begins_at)).all()


def closing(connection: Connection, campaign_id: int, month: str, version: int) -> Row[Any] | None:
    """Read what was closed so, whether it was reopened or not."""
    mine = (ClosedMonth.campaign_id == campaign_id, ClosedMonth.month == month, ClosedMonth.version == version)
    return connection.execute(select(ClosedMonth.__table__).where(*mine)).first()


def settled(
    connection: Connection, months: Sequence[Row[Any]], keys: Iterable[Key], begin: float
) -> dict[Key, Settled]:
    """Find what these standing months have settled about posts at the beginning of another one."""
    found, wanted = dict[Key, Settled](), set(keys)
    for month in reversed([each for each in months if each.ends_at <= begin]):  # the last one that had the post counts
        missing = wanted - found.keys()
        for row in _ends(connection, month, sorted({key.post_id for key in missing})):
            if (key := Key(row.post_id, row.access_key)) in missing:
                found[key] = _settled(month, row, begin)
    return found


def _settled(month: Row[Any], row: Row[Any], begin: float) -> Settled:
    value = read_value(*row[-len(VALUE) :]) if month.ends_at == begin else NO_VALUE
    return Settled(month.number, value if known(value) else None, row.reported)


def _ends(connection: Connection, month: Row[Any], post_ids: Sequence[int]) -> Sequence[Row[Any]]:
    if not post_ids:
        return []
    theirs = (ClosedValue.campaign_id == month.campaign_id, ClosedValue.number == month.number)
    given = ClosedValue.post_id.in_(bulk_parameters.ids(connection.dialect.name))
    columns = (ClosedValue.post_id, ClosedValue.access_key, ClosedValue.reported)
    rows = select(*columns, *(getattr(ClosedValue, name) for name in VALUE)).where(
        *theirs, given, ClosedValue.at == month.ends_at
    )
    return connection.execute(rows, bulk_parameters.parameters(connection.dialect.name, id=post_ids)).all()


def read_value(  # noqa: PLR0913, PLR0917 - a value's columns
    value: int | None, low: int | None, high: int | None, basis: str, flags: str, before: str | None, after: str | None
) -> Value:
    """Read a value from the columns in which it was stored."""
    given = tuple(ValueFlag(flag) for flag in flags.split())
    return Value(value, low, high, Basis(basis), _reading(before), _reading(after), given)


def _reading(text: str | None) -> Reading | None:
    return Reading(**json.loads(text)) if text else None


def write_value(value: Value) -> dict[str, Any]:
    """Return the columns in which a value is stored."""
    before, after = (None if each is None else json.dumps(each._asdict()) for each in (value.before, value.after))
    return value._asdict() | {"flags": " ".join(value.flags), "before": before, "after": after}
