"""The placements of a closed month: copies that were made when it was closed."""

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select
from sqlalchemy.orm import aliased

from control.campaigns import ledger
from control.campaigns.month_rows import MonthRow, Page
from control.reports.month_views import MonthFlag, Views
from control.reports.value_at import Basis
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
    """The columns are read by their places: a name costs more than all else of a row, and a month has many."""
    begin, end = aliased(ClosedValue), aliased(ClosedValue)
    own = [getattr(ClosedPlacement, name) for name in (*ALIKE, "erids", "own", *Views._fields)]
    ends = [getattr(which, name) for which in (begin, end) for name in ledger.VALUE]
    return (
        select(*own, *ends, end.reported)
        .join(begin, _value(begin, ClosedPlacement.begin_number, closed.begins_at))
        .join(end, _value(end, ClosedPlacement.number, closed.ends_at))
        .where(ClosedPlacement.campaign_id == closed.campaign_id, ClosedPlacement.number == closed.number)
    )


def _value(which: Any, number: Any, at: float) -> Any:
    same = (getattr(which, name) == getattr(ClosedPlacement, name) for name in ("campaign_id", "post_id", "access_key"))
    return and_(*same, which.number == number, which.at == at)


def _read(row: Sequence[Any]) -> MonthRow:
    parts = iter(row)
    alike = dict(zip(ALIKE, parts, strict=False))
    erids, own, views, low, high, basis, flags = islice(parts, 2 + len(Views._fields))
    return MonthRow(
        **alike,
        erids=tuple(erids.split()),
        own=json.loads(own),
        views=Views(views, low, high, Basis(basis), tuple(MonthFlag(flag) for flag in flags.split())),
        begin=ledger.read_value(*islice(parts, len(ledger.VALUE))),
        end=ledger.read_value(*islice(parts, len(ledger.VALUE))),
        reported=next(parts),
    )
