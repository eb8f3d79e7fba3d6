"""Reads one file, in a process of its own: `python -m crawler.spreadsheets.reading.child ORDER <file >answer`.

The answer's first line is JSON: what was understood, or why the file is refused. If rows are asked for, a line for each
follows, with TABs between its parts: its number, and as JSON its links, the text in their place, and its own cells.
"""

import json
import resource
import sys
from typing import BinaryIO

from crawler import platforms
from crawler.spreadsheets.reading.limits import ADDRESS_SPACE, ANSWER_BYTES, CPU_SECONDS, MOST_OWN_BYTES, ROW_BYTES
from crawler.spreadsheets.reading.link_cells import LinkReader
from crawler.spreadsheets.reading.opening import open_file
from crawler.spreadsheets.reading.refusals import BROKEN, LARGE_OWN, FileRefused
from crawler.spreadsheets.reading.table import Corrections, Table, open_table, understand


def main() -> None:
    limit()
    order = json.loads(sys.argv[1])
    try:
        _answer(sys.stdin.buffer.read(), order, sys.stdout.buffer)
    except FileRefused as refusal:
        _refuse(sys.stdout.buffer, refusal)
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - whatever a library says of a file, or panics at, the file is damaged
        _refuse(sys.stdout.buffer, FileRefused(BROKEN))
    sys.stdout.buffer.flush()


def _refuse(out: BinaryIO, why: FileRefused) -> None:
    out.seek(0)
    out.truncate()
    _write(out, {"refused": [why.code, why.about]})


def limit() -> None:
    """Limit this process's memory and processor time."""
    for what, most in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, ANSWER_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _answer(data: bytes, order: dict[str, object], out: BinaryIO) -> None:
    name = order["platform"]
    reader = LinkReader(platforms.known()[str(name)].identify if name else platforms.identify)
    corrections = Corrections(**order["corrections"])  # type: ignore[arg-type]
    table = open_table(open_file(data, reader), reader, corrections)
    _write(out, {"understood": understand(table, corrections) | {"own": table.own}})
    if order["rows"]:
        _write_rows(table, out)


def _write_rows(table: Table, out: BinaryIO) -> None:
    left = MOST_OWN_BYTES
    for row in table.rows():
        cells = _json(table.cells(row)) if table.kept else "[]"
        line = f"{row.number}\t{_json(row.links)}\t{_json(row.given)}\t{cells}\n".encode()
        left -= len(cells.encode()) + len(row.given) + ROW_BYTES
        if left < 0 and table.kept:
            raise FileRefused(LARGE_OWN, MOST_OWN_BYTES // 2**20)
        out.write(line)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _write(out: BinaryIO, value: object) -> None:
    out.write(_json(value).encode("utf-8", "backslashreplace") + b"\n")


if __name__ == "__main__":
    main()
