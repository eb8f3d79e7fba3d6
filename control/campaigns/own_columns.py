"""The user's own columns of a campaign's placements, as unchanged text, and the fields that are filled from them.

A campaign has one list of columns, which grows with each file that brings others. The columns of a placement are a list
of cells in that order.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from control.campaigns import recognised
from control.errors import FollowsTooMuch
from crawler.queue.acceptance import storable
from crawler.store import bulk_parameters
from crawler.store.database import upsert
from crawler.store.models.accounts import User
from crawler.store.models.batches import Link
from crawler.store.models.campaigns import Campaign, Placement, PlacementRow
from crawler.store.models.own_columns import OwnColumns, OwnRow

MOST_COLUMNS = 200  # of a campaign
MOST_CHARACTERS = 2_000_000  # of the cells in one answer
ROW_BYTES = 60  # what a row takes beside its text, about
ROWS_AT_ONCE = 2_000
MOST_UNREAD = 100  # that are told

FIELDS = tuple(recognised.READERS)
FILL = update(Placement).where(Placement.id == bindparam("placement"))
FILL = FILL.values({name: bindparam(f"new_{name}") for name in FIELDS})


class Cells(NamedTuple):
    """The cells of a link, as JSON: `position` counts the links that are added together, from 0."""

    position: int
    row_number: int | None
    cells: str


class Unread(NamedTuple):
    """A cell of a recognised column that is not what its column holds: its field stays empty."""

    position: int
    row: int | None
    column: str


@dataclass(frozen=True, slots=True)
class Table:
    """`roles` has one for each name; of two columns with one role the first counts. `rows` comes by position."""

    names: list[str]
    roles: list[str | None]
    rows: Callable[[], Iterable[Cells]]

    def recognised(self) -> dict[str, int]:
        """Return the places of the columns that fill fields."""
        return {role: self.roles.index(role) for role in FIELDS if role in self.roles}


def of_batch(connection: Connection, batch_id: int) -> Table | None:
    """Return the own columns that the links of a batch have; None where they came without a file."""
    columns = select(OwnColumns.names, OwnColumns.roles).where(OwnColumns.batch_id == batch_id)
    found = connection.execute(columns).first()
    if found is None:
        return None
    same = (OwnRow.batch_id == Link.batch_id) & (OwnRow.number == Link.row_number)
    rows = select(Link.position, Link.row_number, OwnRow.cells).join(OwnRow, same).where(Link.batch_id == batch_id)
    in_order = rows.order_by(Link.position)
    return Table(
        json.loads(found.names),
        json.loads(found.roles),
        lambda: (Cells(*row) for row in connection.execute(in_order.execution_options(yield_per=ROWS_AT_ONCE))),
    )


def store(connection: Connection, campaign_id: int, first: int, table: Table) -> tuple[int, list[Unread]]:
    """Give placements from the position `first` on their cells, and fill their fields. Return what the cells take, and
    the cells that could not be read. Raises FollowsTooMuch.
    """
    places = _places(connection, campaign_id, table.names)
    placed = select(Placement.position, Placement.id).where(
        Placement.campaign_id == campaign_id, Placement.position >= first
    )
    ids = {position - first: id_ for position, id_ in connection.execute(placed)}
    taken, unread = 0, list[Unread]()
    for some in _slices(table.rows()):
        rows = [_row(ids[each.position], each, places) for each in some]
        connection.execute(insert(PlacementRow), rows)
        taken += sum(row["stored_bytes"] for row in rows)
        connection.execute(FILL, [_fields(ids[each.position], each, table, unread) for each in some])
    return taken, unread


def _slices(rows: Iterable[Cells]) -> Iterator[list[Cells]]:
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield some


def _places(connection: Connection, campaign_id: int, more: Sequence[str]) -> list[int]:
    """Return where in the campaign's list these columns stand; those that it lacks are added."""
    known = names(connection, campaign_id)
    all_ = list(dict.fromkeys([*known, *more]))
    if len(all_) > MOST_COLUMNS:
        raise FollowsTooMuch(
            f"A campaign takes {MOST_COLUMNS} own columns, and these make {len(all_):,}: leave some out."
        )
    if len(all_) > len(known):
        text = json.dumps(all_, ensure_ascii=False)
        connection.execute(update(Campaign).where(Campaign.id == campaign_id).values(own_columns=text))
    place = {name: number for number, name in enumerate(all_)}
    return [place[name] for name in more]


def _row(placement_id: int, given: Cells, places: Sequence[int]) -> dict[str, Any]:
    cells: list[str | None] = [None] * (max(places, default=-1) + 1)
    for place, cell in zip(places, json.loads(given.cells), strict=False):
        cells[place] = cell
    return {"placement_id": placement_id, "row_number": given.row_number, **_packed(cells)}


def _packed(cells: Sequence[str | None]) -> dict[str, Any]:
    text = json.dumps(cells, ensure_ascii=False, separators=(",", ":"))
    return {"cells": text, "stored_bytes": len(text.encode()) + ROW_BYTES}


def _fields(placement_id: int, given: Cells, table: Table, unread: list[Unread]) -> dict[str, Any]:
    values: dict[str, Any] = {"placement": placement_id, **dict.fromkeys(f"new_{name}" for name in FIELDS)}
    cells = json.loads(given.cells)
    for role, place in table.recognised().items():
        cell = cells[place] if place < len(cells) else ""
        values[f"new_{role}"] = found = recognised.read(role, storable(cell))
        if found is None and cell.strip() and len(unread) < MOST_UNREAD:
            unread.append(Unread(given.position, given.row_number, table.names[place]))
    return values


def names(connection: Connection, campaign_id: int) -> list[str]:
    """Return what the own columns of a campaign are called, in their order."""
    found = connection.execute(select(Campaign.own_columns).where(Campaign.id == campaign_id)).scalar()
    return list(json.loads(found)) if found else []


def cells(connection: Connection, campaign_id: int, placement_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the own columns of these placements, by the names of the columns, in their order."""
    called = names(connection, campaign_id)
    if not called:
        return {}
    dialect = connection.dialect.name
    rows = select(PlacementRow.placement_id, PlacementRow.cells)
    rows = rows.where(PlacementRow.placement_id.in_(bulk_parameters.ids(dialect)))
    found = connection.execute(rows, bulk_parameters.parameters(dialect, id=placement_ids))
    return {id_: _named(called, text) for id_, text in found}


def _named(called: Sequence[str], text: str) -> dict[str, str]:
    return {name: cell for name, cell in zip(called, json.loads(text), strict=False) if cell is not None}


def change(connection: Connection, placement: Any, given: dict[str, str | None]) -> int:
    """Write some of a placement's own columns; None takes one away. Return how much more they take."""
    _places(connection, placement.campaign_id, [name for name, cell in given.items() if cell is not None])
    mine = PlacementRow.placement_id == placement.id
    row = connection.execute(select(PlacementRow.cells, PlacementRow.stored_bytes).where(mine)).first()
    called = names(connection, placement.campaign_id)
    own = (_named(called, row.cells) if row else {}) | given
    packed = _packed([own.get(name) for name in called])
    new = upsert(connection, PlacementRow).values(placement_id=placement.id, **packed)
    connection.execute(new.on_conflict_do_update(index_elements=["placement_id"], set_=packed))
    return int(packed["stored_bytes"]) - (row.stored_bytes if row else 0)


def forget(connection: Connection, campaign_id: int, placement_ids: Sequence[int]) -> None:
    """Give the user back what these placements' cells take, and remove them."""
    dialect = connection.dialect.name
    which = PlacementRow.placement_id.in_(bulk_parameters.ids(dialect))
    given = bulk_parameters.parameters(dialect, id=placement_ids)
    size = select(func.coalesce(func.sum(PlacementRow.stored_bytes), 0)).where(which)
    freed = int(connection.execute(size, given).scalar_one())
    connection.execute(delete(PlacementRow).where(which), given)
    owner = select(Campaign.user_id).where(Campaign.id == campaign_id).scalar_subquery()
    less = update(User).where(User.id == owner).values(stored_bytes=User.stored_bytes - freed)
    if freed:
        connection.execute(less)
