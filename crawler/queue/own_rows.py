"""The rows of a user's file, kept beside the links that stand in them."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, literal, or_, select, update

from crawler.store.models.batches import Batch, Link
from crawler.store.models.own_columns import OwnColumns, OwnRow

ROWS_AT_ONCE = 2_000
MOST_CHARACTERS = 2_000_000  # of the cells in one answer
ROW_BYTES = 60  # what a row takes beside its text, about


class OwnCells(NamedTuple):
    """A row: its number in the file, how many links it has, what stands in their place, and its cells as JSON."""

    number: int
    links: int
    given: str
    cells: str


@dataclass(frozen=True, slots=True)
class OwnTable:
    """`rows` begins anew with each call. `roles` has one for each name."""

    names: list[str]
    roles: list[str | None]
    rows: Callable[[], Iterable[OwnCells]]

    def stored_bytes(self) -> int:
        return sum(len(row.cells.encode()) + len(row.given.encode()) + ROW_BYTES for row in self.rows())


def store(connection: Connection, batch_id: int, table: OwnTable) -> None:
    columns = {"names": json.dumps(table.names, ensure_ascii=False), "roles": json.dumps(table.roles)}
    connection.execute(insert(OwnColumns).values(batch_id=batch_id, **columns))
    for some in _slices(table.rows()):
        connection.execute(insert(OwnRow), [{"batch_id": batch_id, **row._asdict()} for row in some])


def _slices(rows: Iterable[OwnCells]) -> Iterator[list[OwnCells]]:
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield some


def names(connection: Connection, batch_id: int) -> list[str]:
    """Return what the own columns of a batch are called; none where its links came without a file."""
    found = connection.execute(select(OwnColumns.names).where(OwnColumns.batch_id == batch_id)).scalar()
    return list(json.loads(found)) if found else []


def fitting(connection: Connection, batch_id: int, numbers: Sequence[int | None]) -> int:
    """Count the rows, from the first on, whose cells fit into one answer."""
    wanted = {number for number in numbers if number is not None}
    sizes = select(OwnRow.number, func.length(OwnRow.cells)).where(OwnRow.batch_id == batch_id)
    known: dict[int, int] = {}
    if wanted:
        known = {number: size for number, size in connection.execute(sizes.where(OwnRow.number.in_(wanted)))}  # noqa: C416
    left = MOST_CHARACTERS
    for count, number in enumerate(numbers):
        left -= known.get(number or 0, 0)
        if left < 0:
            return count
    return len(numbers)


def cells(connection: Connection, batch_id: int, numbers: Iterable[int | None]) -> dict[int, dict[str, str]]:
    """Return the own columns of these rows, by the names of the columns."""
    wanted = {number for number in numbers if number is not None}
    if not wanted:
        return {}
    called = names(connection, batch_id)
    rows = select(OwnRow.number, OwnRow.cells).where(OwnRow.batch_id == batch_id, OwnRow.number.in_(wanted))
    return {number: dict(zip(called, json.loads(found), strict=False)) for number, found in connection.execute(rows)}


def copy(connection: Connection, old_public_id: str, new_id: int, *, whole: bool) -> int:
    """Give the links of a new batch the rows that they had in an old one; return what these take.

    `whole`: rows without a link come along.
    """
    old_id = select(Batch.id).where(Batch.public_id == old_public_id).scalar_subquery()
    names = select(literal(new_id), OwnColumns.names, OwnColumns.roles).where(OwnColumns.batch_id == old_id)
    connection.execute(insert(OwnColumns).from_select(["batch_id", "names", "roles"], names))
    taken = select(Link.row_number).where(Link.batch_id == new_id, Link.row_number.is_not(None))
    values = {name: getattr(OwnRow, name) for name in ("number", "links", "given", "cells")}
    wanted = or_(OwnRow.number.in_(taken), OwnRow.links == 0) if whole else OwnRow.number.in_(taken)
    rows = select(literal(new_id), *values.values()).where(OwnRow.batch_id == old_id, wanted)
    connection.execute(insert(OwnRow).from_select(["batch_id", *values], rows))
    size = func.sum(func.length(OwnRow.cells) + func.length(OwnRow.given) + ROW_BYTES)
    more = connection.execute(select(func.coalesce(size, 0)).where(OwnRow.batch_id == new_id)).scalar_one()
    kept = update(Batch).where(Batch.id == new_id).values(stored_bytes=Batch.stored_bytes + more)
    connection.execute(kept)
    return int(more)
