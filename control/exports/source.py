"""The links of a batch as the rows of a file. They are read page by page, with no transaction open in between."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, func, select
from sqlalchemy import Row as Found

from control.batches import progress
from control.batches.link_rows import ITS_WALL, OF_WALL, SAID, matching
from control.exports.choice import Choice
from control.reports import link_flags, values
from control.reports.value_at import Basis
from control.reports.values import Question
from control.times import seconds
from crawler.platforms import address
from crawler.platforms.contract import COUNTS
from crawler.spreadsheets.writing.amounts import amount
from crawler.spreadsheets.writing.rows import At, Row
from crawler.store.database import reading, snapshot
from crawler.store.lookup import looked_up
from crawler.store.models.batches import Batch, Link
from crawler.store.models.own_columns import OwnColumns, OwnRow
from crawler.store.models.posts import Post, Reading, Wall

ROWS_AT_ONCE = 500
MOST_CHARACTERS = 2_000_000  # of own columns at once
ITS_ROW = and_(OwnRow.batch_id == Link.batch_id, OwnRow.number == Link.row_number)
NOT_KNOWN = At(None, None, None, Basis.NONE)


@dataclass(frozen=True, slots=True)
class Source:
    """A batch. `own` are the names of its user's own columns, and `cost` is the place of the column with costs."""

    user_id: str
    batch_id: int
    public_id: str
    name: str
    created_at: float
    own: tuple[str, ...] = ()
    cost: int | None = None


def find(connection: Connection, user_id: str, public_id: str) -> Source:
    """Find a batch. Raises NotFound if the user has none with this id."""
    batch_id = progress.own(connection, user_id, public_id)
    batch = connection.execute(select(Batch.name, Batch.created_at).where(Batch.id == batch_id)).one()
    own, roles = _own_columns(connection, batch_id)
    cost = roles.index("cost") if "cost" in roles else None
    return Source(user_id, batch_id, public_id, batch.name, batch.created_at, tuple(own), cost)


def _own_columns(connection: Connection, batch_id: int) -> tuple[list[str], list[str | None]]:
    """Read the names of the own columns, and what each holds. Links that came without a file have none."""
    columns = select(OwnColumns.names, OwnColumns.roles).where(OwnColumns.batch_id == batch_id)
    row = connection.execute(columns).first()
    return (json.loads(row.names), json.loads(row.roles)) if row else ([], [])


def count(connection: Connection, source: Source, choice: Choice) -> int:
    return connection.execute(select(func.count()).where(*which(source, choice))).scalar_one()


def pages(engine: Engine, source: Source, choice: Choice) -> Iterator[list[Row]]:
    """Read all links, in the order sent. Raises NotFound if the batch is deleted meanwhile: no file may lack rows."""
    position, full = -1, True
    while full:
        with snapshot(engine) as connection:
            limit = _fitting(connection, source, _sizes(source, choice, position))
            rows = connection.execute(_after(source, choice, position).limit(limit)).all()
            more = _More.read(connection, source, choice, rows)
            full = len(rows) == limit
            if not full and connection.execute(select(Batch.id).where(Batch.id == source.batch_id)).first() is None:
                raise progress.missing()
        if rows:
            position = rows[-1].position
            yield [_row(source, found, more) for found in rows]


def _fitting(connection: Connection, source: Source, sizes: Select[int]) -> int:
    """Return how many rows make a page: few where its user's own columns hold long texts. `sizes` tells of those to
    come.
    """
    if not source.own:
        return ROWS_AT_ONCE
    found = list(accumulate(connection.execute(sizes.limit(ROWS_AT_ONCE)).scalars()))
    count = bisect_right(found, MOST_CHARACTERS)
    return max(1, count) if count < len(found) else ROWS_AT_ONCE


def _sizes(source: Source, choice: Choice, position: int) -> Select[int]:
    sizes = select(func.coalesce(func.length(OwnRow.cells), 0)).select_from(Link).outerjoin(OwnRow, ITS_ROW)
    return sizes.where(*which(source, choice), Link.position > position).order_by(Link.position)


def _after(source: Source, choice: Choice, position: int) -> Any:
    columns = (
        *(Link.position, Link.url, Link.platform, Link.duplicate_of, Link.status, Link.reason, Link.detail),
        *(Post.key, Post.canonical_key, *SAID, *OF_WALL, Reading.measured_at, Reading.source, Link.id.label("link_id")),
        *(*(getattr(Reading, name) for name in COUNTS), OwnRow.cells),
    )
    rows = (
        select(*columns)
        .outerjoin(Post, Post.id == Link.post_id)
        .outerjoin(Reading, looked_up(Reading.id, Link.reading_id))
    )
    rows = rows.outerjoin(Wall, ITS_WALL)
    rows = rows.outerjoin(OwnRow, ITS_ROW)
    rows = rows.where(*which(source, choice), Link.position > position)
    return rows.order_by(Link.position)


def which(source: Source, choice: Choice) -> list[ColumnElement[bool]]:
    """Return the conditions that choose the links."""
    chosen = [Link.batch_id == source.batch_id]
    if choice.status:
        chosen.append(Link.status == choice.status)
    return [*chosen, *matching(choice.reason, choice.text)]


def characters(connection: Connection, source: Source, choice: Choice) -> int:
    """Count those of the links' own columns."""
    texts = select(func.coalesce(func.sum(func.length(OwnRow.cells)), 0)).select_from(Link).join(OwnRow, ITS_ROW)
    return int(connection.execute(texts.where(*which(source, choice))).scalar_one())


def count_without_link(connection: Connection, source: Source) -> int:
    rows = select(func.count()).where(OwnRow.batch_id == source.batch_id, OwnRow.links == 0)
    return connection.execute(rows).scalar_one()


def without_link(engine: Engine, source: Source) -> Iterator[tuple[int, list[str], str]]:
    """Read the rows of the user's file that have no link: number, cells, and what stands in the link's place."""
    number, full = 0, True
    while full:
        which = (OwnRow.batch_id == source.batch_id, OwnRow.links == 0, OwnRow.number > number)
        sizes = select(func.length(OwnRow.cells)).where(*which).order_by(OwnRow.number)
        rows = select(OwnRow.number, OwnRow.cells, OwnRow.given).where(*which).order_by(OwnRow.number)
        with reading(engine) as connection:
            limit = _fitting(connection, source, sizes)
            found = connection.execute(rows.limit(limit)).all()
        for row in found:
            yield row.number, json.loads(row.cells), row.given
        number, full = found[-1].number if found else number, len(found) == limit


@dataclass(frozen=True, slots=True)
class _More:
    """What is asked for a whole page of links at once, by their ids, where the file has it."""

    flags: Mapping[int, Sequence[str]]
    at: Mapping[int, Sequence[At]]

    @classmethod
    def read(cls, connection: Connection, source: Source, choice: Choice, rows: Sequence[Found[Any]]) -> Self:
        wanted = "flags" in choice.columns(cost=False)
        odd = link_flags.read(connection, source.user_id, [row.link_id for row in rows]) if wanted else {}
        return cls(odd, _at_ages(connection, source.user_id, rows, choice.ages))


def _at_ages(
    connection: Connection, user_id: str, rows: Sequence[Found[Any]], ages: Sequence[str]
) -> dict[int, list[At]]:
    """Return the views of the links' posts at these ages; of a post without a publication time nothing is known."""
    of_posts = [row for row in rows if row.key] if ages else []
    asked = [(row, age) for row in of_posts if row.published_at is not None for age in ages]
    questions = [Question(row.link_id, row.published_at, row.published_at + seconds(age)) for row, age in asked]
    found: dict[int, list[At]] = {row.link_id: [] for row in of_posts}
    for (row, _), value in zip(asked, values.ask(connection, user_id, questions), strict=True):
        found[row.link_id].append(At(value.value, value.low, value.high, value.basis))
    return {id_: known or [NOT_KNOWN] * len(ages) for id_, known in found.items()}


def _row(source: Source, found: Found[Any], more: _More) -> Row:
    own = json.loads(found.cells) if found.cells else []
    return Row(
        position=found.position,
        link=found.url,
        own=own,
        platform=found.platform,
        post=address(found.platform, found.key),
        joint_post=address(found.platform, found.canonical_key),
        duplicate_of=found.duplicate_of,
        status=found.status,
        reason=found.reason,
        detail=found.detail,
        **{name: getattr(found, name) for name in COUNTS if name in Row._fields},
        source=found.source,
        measured_at=found.measured_at,
        cost=amount(own[source.cost]) if source.cost is not None and source.cost < len(own) else None,
        published_at=found.published_at,
        edited_at=found.edited_at,
        marked_as_ads=None if found.marked_as_ads is None else bool(found.marked_as_ads),
        owner=found.owner_name,
        members=found.members,
        erids=(found.erids or "").split(),
        flags=more.flags.get(found.link_id, ()),
        at=more.at.get(found.link_id, ()),
    )
