"""The links of a batch as a table: filtered, sorted, and read page by page in both directions.

A page begins at a row, where another page ended, and not after a number of rows, so the last page is as fast as the
first. Sorted by views, links without a number come last in both directions: failed ones, then the others.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, select

from control.errors import FieldError, InvalidQuery, NotFound
from crawler.platforms.contract import COUNTS
from crawler.queue import own_rows
from crawler.queue.acceptance import storable
from crawler.reasons import Reason
from crawler.store.database import ESCAPE, alike
from crawler.store.lookup import looked_up
from crawler.store.models.batches import Batch, Link, Status
from crawler.store.models.posts import Post, Reading, Wall

CURSOR = "b?([0-9]{1,18}[.]|[fic])?[0-9]{1,9}"
BACK = "b"  # the cursor of the previous page begins with it
LETTERS = {Status.FAILED: "f", Status.IN_PROGRESS: "i", Status.CREATED: "c"}
SAID = (Post.published_at, Post.edited_at, Post.marked_as_ads, Post.erids)  # what the platform says of the post
OF_WALL = (Wall.name.label("owner_name"), Wall.members)
ITS_WALL = and_(Wall.platform == Post.platform, Wall.owner == Post.owner)


class Sort(StrEnum):
    """The order of links; `-` reverses it."""

    POSITION = "position"
    POSITION_DOWN = "-position"
    VIEWS = "views"
    VIEWS_DOWN = "-views"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which links to read and in which order: at most `limit`, beginning at the `cursor`."""

    status: Status | None = None
    reason: Reason | None = None
    text: str = ""  # a text that the link contains, in any case
    sort: Sort = Sort.POSITION
    cursor: str | None = None
    limit: int = 100


class Page(NamedTuple):
    rows: list[Row[Any]]
    next_cursor: str | None
    previous_cursor: str | None


class Stretch(NamedTuple):
    """A part of the links that one index has in order: by position, or by views and then by position.

    `down` is the direction of the first column. Links with the same views run in the other direction, as in the index.
    """

    letter: str  # in cursors
    which: tuple[ColumnElement[bool], ...] = ()
    by_views: bool = False
    down: bool = False

    def turned(self) -> "Stretch":
        return self._replace(down=not self.down)


def read(connection: Connection, batch_id: int, wanted: Wanted) -> Page:
    """Read a page of links. Raises InvalidQuery if the cursor belongs to another order."""
    back, letter, key = _parsed(wanted.cursor)
    stretches = _turned(_stretches(wanted)) if back else _stretches(wanted)
    if key and letter not in {stretch.letter for stretch in stretches}:
        raise _foreign()
    if wanted.reason and wanted.status not in {None, Status.FAILED}:
        return Page([], None, None)
    rows: list[Row[Any]] = []
    for select_ in _parts(stretches, letter, key):
        if len(rows) <= wanted.limit:
            part = select_.where(Link.batch_id == batch_id).where(*matching(wanted.reason, wanted.text))
            rows += connection.execute(part.limit(wanted.limit + 1 - len(rows))).all()
    numbers = [row.row_number for row in rows[: wanted.limit]]
    fitting = replace(wanted, limit=min(wanted.limit, max(1, own_rows.fitting(connection, batch_id, numbers))))
    return _page(rows, fitting if len(numbers) > fitting.limit else wanted, back)


def one(connection: Connection, batch_id: int, position: int) -> Row[Any]:
    """Read the link at a position, with the columns of `read`. Raises NotFound where there is none."""
    found = connection.execute(_rows().where(Link.batch_id == batch_id, Link.position == position)).first()
    if found is None:
        raise NotFound("This batch has no such link.")
    return found


def _page(rows: list[Row[Any]], wanted: Wanted, back: bool) -> Page:
    more, rows = len(rows) > wanted.limit, rows[: wanted.limit]
    if not rows:
        return Page([], None, None)
    if back:
        rows.reverse()
    onwards, backwards = (True, more) if back else (more, bool(wanted.cursor))
    first, last = _cursor(rows[0], wanted.sort), _cursor(rows[-1], wanted.sort)
    return Page(rows, last if onwards else None, BACK + first if backwards else None)


def _cursor(row: Row[Any], sort: Sort) -> str:
    if sort in {Sort.POSITION, Sort.POSITION_DOWN}:
        return str(row.position)
    return f"{row.views}.{row.position}" if row.status == Status.DONE else f"{LETTERS[row.status]}{row.position}"


def _parsed(cursor: str | None) -> tuple[bool, str, list[int]]:
    """Parse a cursor: whether it leads back, the letter of its stretch, and its key, which is a position or views and a
    position.
    """
    if cursor is None:
        return False, "", []
    if not re.fullmatch(CURSOR, cursor):
        raise _foreign()
    rest = cursor.removeprefix(BACK)
    letter = "v" if "." in rest else rest[0] if rest[0].isalpha() else ""
    return cursor.startswith(BACK), letter, [int(number) for number in re.findall("[0-9]+", rest)]


def _foreign() -> InvalidQuery:
    message = "This is no cursor of a page with this sort and these filters."
    return InvalidQuery(f"cursor: {message}", [FieldError(field="cursor", message=message)])


def _stretches(wanted: Wanted) -> list[Stretch]:
    """Cut all links into stretches, so that for each there is an index with the wanted order."""
    if wanted.sort in {Sort.POSITION, Sort.POSITION_DOWN}:
        which = (Link.status == wanted.status,) if wanted.status and not wanted.reason else ()
        return [Stretch("", which, down=wanted.sort == Sort.POSITION_DOWN)]
    measured = Stretch("v", (Link.views.is_not(None),), by_views=True, down=wanted.sort == Sort.VIEWS_DOWN)
    unmeasured = [
        Stretch(letter, () if wanted.reason else (Link.status == status,))
        for status, letter in LETTERS.items()
        if status == (Status.FAILED if wanted.reason else wanted.status or status)
    ]
    return [*([measured] if not wanted.reason and wanted.status in {None, Status.DONE} else []), *unmeasured]


def _turned(stretches: list[Stretch]) -> list[Stretch]:
    return [stretch.turned() for stretch in reversed(stretches)]


def _parts(stretches: list[Stretch], letter: str, key: list[int]) -> list[Select[*tuple[Any, ...]]]:
    """Return the statements that, one after the other, find what follows the key."""
    names = [stretch.letter for stretch in stretches]
    begun = names.index(letter) if key else 0
    rest = stretches[begun + 1 :] if key else stretches
    return [*(_after(stretches[begun], key) if key else []), *(_ordered(stretch) for stretch in rest)]


def _after(stretch: Stretch, key: list[int]) -> list[Select[*tuple[Any, ...]]]:
    """Select the rest of a stretch. Links with the same views as the key have their own statement, because there may be
    thousands of them.
    """
    *views, position = key
    if not views:
        return [_ordered(stretch).where(_beyond(Link.position, position, stretch.down))]
    same = stretch._replace(by_views=False, down=not stretch.down)
    return [
        _ordered(same).where(Link.views == views[0], _beyond(Link.position, position, same.down)),
        _ordered(stretch).where(_beyond(Link.views, views[0], stretch.down)),
    ]


def _beyond(column: Any, value: int, down: bool) -> ColumnElement[bool]:
    beyond: ColumnElement[bool] = column < value if down else column > value
    return beyond


def _ordered(stretch: Stretch) -> Select[*tuple[Any, ...]]:
    columns = [(Link.views, stretch.down), (Link.position, not stretch.down)]
    order = columns if stretch.by_views else [(Link.position, stretch.down)]
    return _rows().where(*stretch.which).order_by(*(one.desc() if down else one.asc() for one, down in order))


def matching(reason: str | None, text: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions for links that failed for this reason and contain this text; None and "" match any link."""
    which = [Link.reason == reason] if reason else []
    return [*which, alike(Link.url, pattern(text))] if text else which


def pattern(text: str) -> str:
    """Return the LIKE pattern that matches any text that contains this one."""
    plain = storable(text)
    for special in (ESCAPE, "%", "_"):
        plain = plain.replace(special, ESCAPE + special)
    return f"%{plain}%"


@cache
def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(Link.position, Link.url, Link.platform, Link.duplicate_of, Link.status, Link.reason, Link.detail)
        .add_columns(
            Link.finished_at,
            Link.views,
            Link.row_number,
            Batch.created_at,
            Post.key,
            Post.canonical_key,
            *SAID,
            *OF_WALL,
            Link.id.label("link_id"),
        )
        .add_columns(Reading.measured_at, Reading.source, *(getattr(Reading, name) for name in COUNTS[1:]))
        .join(Batch, Batch.id == Link.batch_id)
        .outerjoin(Post, Post.id == Link.post_id)
        .outerjoin(Wall, ITS_WALL)
        .outerjoin(Reading, looked_up(Reading.id, Link.reading_id))
    )
