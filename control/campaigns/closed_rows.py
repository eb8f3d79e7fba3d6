"""The placements of a closed month: copies that were made when it was closed."""

import json
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select
from sqlalchemy.orm import aliased

from control.campaigns import ledger
from control.campaigns.month_rows import MonthRow, Page
from control.reports.month_views import MonthFlag, Views
from control.reports.value_at import Basis, Value
from crawler.store.models.months import ClosedPlacement, ClosedValue

ALIKE = (
    *("position", "url", "platform", "post_id", "key", "canonical_key", "access_key", "owner", "wall_name"),
    *("blogger", "date", "cost", "erid", "published_at", "gone_at", "baseline", "begin_number"),
)  # columns that hold what the row does


def write(row: MonthRow, number: int) -> dict[str, Any]:
    """Return the columns in which a row of the closing of this number is stored."""
    counts = row.views._asdict() | {"flags": " ".join(row.views.flags)}
    told = {"erids": " ".join(row.erids), "own": json.dumps(row.own, ensure_ascii=False)}
    return {name: getattr(row, name) for name in ALIKE} | counts | told | {"begin_number": row.begin_number or number}


def page(connection: Connection, closed: Row[Any], after: int | None, limit: int) -> Page:
    """Read some of them in the order in which they were added."""
    rows = _rows(closed)
    if after is not None:
        rows = rows.where(ClosedPlacement.position > after)
    found = connection.execute(rows.order_by(ClosedPlacement.position).limit(limit + 1)).all()
    return Page([_read(each) for each in found[:limit]], found[limit - 1].position if len(found) > limit else None)


def _rows(closed: Row[Any]) -> Select[*tuple[Any, ...]]:
    begin, end = aliased(ClosedValue, name="begin"), aliased(ClosedValue, name="at_end")
    return (
        select(ClosedPlacement.__table__, *_columns(begin, "begin"), *_columns(end, "end"), end.reported)
        .join(begin, _value(begin, ClosedPlacement.begin_number, closed.begins_at))
        .join(end, _value(end, ClosedPlacement.number, closed.ends_at))
        .where(ClosedPlacement.campaign_id == closed.campaign_id, ClosedPlacement.number == closed.number)
    )


def _columns(which: Any, at: str) -> list[Any]:
    return [getattr(which, name).label(f"{at}_{name}") for name in ledger.VALUE]


def _value(which: Any, number: Any, at: float) -> Any:
    same = (getattr(which, name) == getattr(ClosedPlacement, name) for name in ("campaign_id", "post_id", "access_key"))
    return and_(*same, which.number == number, which.at == at)


def _read(row: Row[Any]) -> MonthRow:
    flags = tuple(MonthFlag(flag) for flag in row.flags.split())
    return MonthRow(
        **{name: getattr(row, name) for name in ALIKE},
        erids=tuple(row.erids.split()),
        own=json.loads(row.own),
        begin=_value_of(row, "begin"),
        end=_value_of(row, "end"),
        views=Views(row.views, row.low, row.high, Basis(row.basis), flags),
        reported=row.reported,
    )


def _value_of(row: Row[Any], at: str) -> Value:
    return ledger.read_value(*(getattr(row, f"{at}_{name}") for name in ledger.VALUE))
