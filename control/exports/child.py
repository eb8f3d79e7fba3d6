"""Makes one export, in a process of its own: `python -m control.exports.child EXPORT WORKER`.

It has limits and a low priority, and ends with the scheduler that has started it. If it is killed anywhere, another
process makes the whole file anew.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from control.exports import growth, lease, orders, source
from control.exports.choice import Format
from control.exports.lease import LostError
from control.exports.month_table import MonthTable
from control.exports.tables import Pages, Read, Table
from control.exports.working_files import folder, name
from control.settings import Settings
from crawler.process import lifeline, memory
from crawler.queue.lease import BEATS
from crawler.spreadsheets.writing.rows import Row
from crawler.store import database
from crawler.store.database import read_clock, reading

MEMORY_MIB = 400
CPU_SECONDS = 900
FILE_BYTES = 2 * 1024**3  # the longest working file
PATIENCE_SECONDS = 2.0
PIECE_BYTES = 1024 * 1024
LOST = 3  # the exit code if another worker makes this export, or it was deleted

Note = Callable[[int], None]


class Keeper:
    """Extends the lease in a thread of its own, because putting a large workbook together takes long."""

    def __init__(self, engine: Engine, export_id: str, worker: str) -> None:
        self.engine, self.held = engine, (export_id, worker)
        self.done = 0
        Thread(target=self.run, name="keeper", daemon=True).start()

    def note(self, done: int) -> None:
        self.done = done

    def run(self) -> None:
        while True:
            sleep(lease.LEASE_SECONDS / BEATS)
            with suppress(SQLAlchemyError):  # it may answer again before the lease ends
                self.keep()

    def keep(self) -> None:
        try:
            with self.engine.begin() as connection:
                lease.keep(connection, *self.held, rows_done=self.done)
        except LostError:
            os._exit(LOST)


def main() -> None:
    limit()
    lifeline.end_with_parent(signal.SIGTERM, PATIENCE_SECONDS)
    engine = database.create()
    keeper = Keeper(engine, sys.argv[1], sys.argv[2])
    try:
        make(engine, sys.argv[1], sys.argv[2], ZoneInfo(Settings().timezone), keeper.note)
    except LostError:
        sys.exit(LOST)


def limit() -> None:
    os.nice(10)
    os.umask(0o077)
    memory.limit(MEMORY_MIB)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def make(engine: Engine, export_id: str, worker: str, zone: ZoneInfo, note: Note) -> None:
    """Make the export, and `note` how many rows are done. Raises LostError if it is no longer this worker's."""
    lease.clear(engine, export_id, worker)
    with reading(engine) as connection:
        held = orders.find_any(connection, export_id)
        if held is None:
            raise LostError
        user_id, ordered = held
        table, moment = orders.table_of(connection, user_id, ordered, zone), read_clock(connection)
    with TemporaryDirectory(prefix=name(worker), dir=folder()) as parts:
        file = Path(parts) / "file"
        if isinstance(table, MonthTable):
            rows = table.write(engine, file, file.parent, note)
        else:
            rows = write(engine, user_id, table, file, moment, note)
        keep_file(engine, (export_id, worker), user_id, file, rows)


class Counted:
    """Pages that count how many of their rows were taken."""

    def __init__(self, pages: Pages, note: Note) -> None:
        self.pages, self.note, self.done = pages, note, 0

    def __iter__(self) -> Iterator[Sequence[Row]]:
        for page in self.pages:
            yield page
            self.done += len(page)
            self.note(self.done)


def ahead(pages: Iterable[Sequence[Row]]) -> Iterator[Sequence[Row]]:
    """Read the next page in a thread while the present one is written: the database and we work at once."""
    rest = iter(pages)
    with ThreadPoolExecutor(1, "reader") as reader:
        coming = reader.submit(next, rest, None)
        while (page := coming.result()) is not None:
            coming = reader.submit(next, rest, None)
            yield page


def write(  # noqa: PLR0913, PLR0917 - each is another thing
    engine: Engine, user_id: str, table: Table, file: Path, moment: float, note: Note
) -> int:
    """Write a file of a batch, and return how many rows it has."""
    rows = Counted(ahead(source.pages(engine, table.source, table.choice)), note)
    rest = source.without_link(engine, table.source) if table.choice.is_all else ()
    series = growth.series(engine, user_id, table.source, table.choice)
    if table.choice.format is Format.XLSX:
        table.write_report(file, Read(rows, series, rest), moment, file.parent)
        return rows.done
    with file.open("w", encoding="utf-8", newline="") as out:
        out.writelines(table.text_pieces(rows))
    return rows.done


def keep_file(engine: Engine, held: tuple[str, str], user_id: str, file: Path, rows: int) -> None:
    size = file.stat().st_size
    if not lease.reserve(engine, *held, user_id, size):
        lease.fail(engine, *held, lease.TOO_LARGE)
        return
    with file.open("rb") as whole:
        for number, data in enumerate(iter(lambda: whole.read(PIECE_BYTES), b"")):
            lease.store(engine, *held, number, data)
    lease.finish(engine, *held, rows)


if __name__ == "__main__":
    main()
