"""An import becomes a batch, or placements of a campaign. However often that is asked for, it is done once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from control.batches import submission
from control.batches.submission import check_number
from control.campaigns import campaigns, placements
from control.campaigns.own_columns import Cells, Table
from control.errors import NoLinks
from control.imports import answers, storage, stored_file
from control.logs import get_logger
from control.settings import Settings
from crawler import platforms
from crawler.queue import acceptance, own_rows, wakeup
from crawler.queue.acceptance import Entry, NewBatch, storable
from crawler.queue.own_rows import OwnCells, OwnTable
from crawler.spreadsheets.reading.reader import Read
from crawler.spreadsheets.reading.table import Corrections
from crawler.store.database import snapshot, writing

log = get_logger()

Count = Callable[[Sequence[str]], None]


class Destination(Protocol):
    """What becomes of a file's links."""

    @property
    def user_id(self) -> str:
        """Whose they are."""

    def keep(self, connection: Connection, entries: list[Entry], read: Read) -> dict[str, Any]:
        """Store them, and return the answer."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The acceptance of the import with this public id."""

    engine: Engine
    destination: Destination
    public_id: str

    def accept(self, given: Corrections, count: Count) -> dict[str, Any]:
        """Store the links where they belong and return the answer; of an accepted import the first answer.

        `count` is given the links before they are identified, and may refuse them with an error of its own. Raises
        NotFound, UnreadableFile, NoLinks, TooManyLinks, QuotaExceeded, KeepsTooMuch, FollowsTooMuch, Busy.
        """
        user_id = self.destination.user_id
        with snapshot(self.engine) as connection:
            found = storage.find(connection, user_id, self.public_id)
        if first := storage.answer(found):
            return first
        with stored_file.read(self.engine, user_id, found.id, given, rows=True) as read:
            return self._store(read, _entries(read, count))

    def _store(self, read: Read, entries: list[Entry]) -> dict[str, Any]:
        with writing(self.engine) as connection:
            found = storage.find(connection, self.destination.user_id, self.public_id, lock=True)
            if first := storage.answer(found):
                return first
            made = self.destination.keep(connection, entries, read)
            storage.settle(connection, found.id, made)
        wakeup.send(self.engine)
        log.info("import accepted", made=made["receipt"]["batch_id"], links=len(entries))
        return made


@dataclass(frozen=True, slots=True)
class AsBatch:
    """`max_age` is that of `submission.keep`."""

    settings: Settings
    batch: NewBatch
    max_age: float | None = None

    @property
    def user_id(self) -> str:
        return self.batch.user_id

    def keep(self, connection: Connection, entries: list[Entry], read: Read) -> dict[str, Any]:
        table = _table(read)
        batch = replace(self.batch, own_bytes=table.stored_bytes())
        batch_id = submission.keep(connection, self.settings, batch, entries, self.max_age)
        own_rows.store(connection, batch_id, table)
        return answers.describe(acceptance.receipt(batch.public_id, entries), entries)


@dataclass(frozen=True, slots=True)
class AsPlacements:
    """In the campaign of the user's with this public id."""

    settings: Settings
    user_id: str
    campaign: str

    def keep(self, connection: Connection, entries: list[Entry], read: Read) -> dict[str, Any]:
        """Rows without a link are left out: there is nothing to follow."""
        found = campaigns.find(connection, self.user_id, self.campaign, lock=True)
        unread = placements.keep(connection, self.settings, found, entries, _cells(read))
        made = answers.describe(acceptance.receipt(found.public_id, entries), entries)
        return made | {"campaign": found.public_id, "unread": unread}


def _entries(read: Read, count: Count) -> list[Entry]:
    number = read.understood["links"]
    if not number:
        raise NoLinks("The file has no link where they are looked for: say the `link_column`, or another `sheet`.")
    check_number(number)
    pairs = [(link, row.number) for row in read.rows() for link in row.links]
    links, rows = zip(*pairs, strict=True)
    count(links)
    return acceptance.entries(links, platforms.identify, rows)


def _table(read: Read) -> OwnTable:
    def rows() -> Iterator[OwnCells]:
        return (OwnCells(row.number, len(row.links), storable(row.given), row.cells) for row in read.rows())

    return OwnTable(*_columns(read), rows)


def _cells(read: Read) -> Table:
    def rows() -> Iterator[Cells]:
        linked = ((row.number, row.cells) for row in read.rows() for _ in row.links)
        return (Cells(position, *each) for position, each in enumerate(linked))

    return Table(*_columns(read), rows)


def _columns(read: Read) -> tuple[list[str], list[str | None]]:
    """Return the names of the columns that are kept, and what each holds."""
    roles = {column["name"]: column["role"] for column in read.understood["columns"]}
    names = read.understood["own"]
    return names, [roles.get(name) for name in names]
