"""An import becomes a batch. However often that is asked for, it is done once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine

from control.batches import submission
from control.batches.submission import check_number
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


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The acceptance of the import with this public id as this batch. `max_age` is that of `submission.keep`."""

    engine: Engine
    settings: Settings
    batch: NewBatch
    public_id: str
    max_age: float | None = None

    def accept(self, given: Corrections, count: Count) -> dict[str, Any]:
        """Make the batch and return the answer; of an accepted import the first answer.

        `count` is given the links before they are identified, and may refuse them with an error of its own. Raises
        NotFound, UnreadableFile, NoLinks, TooManyLinks, QuotaExceeded, KeepsTooMuch, Busy.
        """
        user_id = self.batch.user_id
        with snapshot(self.engine) as connection:
            found = storage.find(connection, user_id, self.public_id)
        if first := storage.answer(found):
            return first
        with stored_file.read(self.engine, user_id, found.id, given, rows=True) as read:
            return self._store(read, _entries(read, count))

    def _store(self, read: Read, entries: list[Entry]) -> dict[str, Any]:
        table = _table(read)
        batch = replace(self.batch, own_bytes=table.stored_bytes())
        made = answers.describe(acceptance.receipt(batch.public_id, entries), entries)
        with writing(self.engine) as connection:
            found = storage.find(connection, batch.user_id, self.public_id, lock=True)
            if first := storage.answer(found):
                return first
            batch_id = submission.keep(connection, self.settings, batch, entries, self.max_age)
            own_rows.store(connection, batch_id, table)
            storage.settle(connection, found.id, made)
        wakeup.send(self.engine)
        log.info("import accepted", batch=batch.public_id, links=len(entries))
        return made


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
    roles = {column["name"]: column["role"] for column in read.understood["columns"]}

    def rows() -> Iterator[OwnCells]:
        return (OwnCells(row.number, len(row.links), storable(row.given), row.cells) for row in read.rows())

    names = read.understood["own"]
    return OwnTable(names, [roles.get(name) for name in names], rows)
