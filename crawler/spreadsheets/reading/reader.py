"""Has a file read by a child process, so that a malicious file harms nothing else."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from crawler.spreadsheets.reading.limits import WALL_SECONDS
from crawler.spreadsheets.reading.refusals import TOO_HEAVY, FileRefused
from crawler.spreadsheets.reading.table import Corrections

ROOT = Path(__file__).resolve().parents[3]
CHILD = (sys.executable, "-m", "crawler.spreadsheets.reading.child")


class ReadRow(NamedTuple):
    """A row. `cells` is JSON as it is stored: a list with a text for each name in `own`."""

    number: int
    links: list[str]
    given: str
    cells: str


@dataclass(frozen=True, slots=True)
class Read:
    """What was understood of a file: the result of `table.understand`, and in `own` the names of the kept columns."""

    understood: dict[str, Any]
    answer: IO[bytes]

    def rows(self) -> Iterator[ReadRow]:
        """Go through the rows, again with each call."""
        self.answer.seek(0)
        self.answer.readline()
        for line in self.answer:
            number, links, given, cells = line.decode().rstrip("\n").split("\t")
            yield ReadRow(int(number), json.loads(links), json.loads(given), cells)


@contextmanager
def read(
    file: IO[bytes], folder: Path, corrections: Corrections | None = None, *, rows: bool = False, platform: str = ""
) -> Iterator[Read]:
    """Read the file from its start, with or without its rows. Raises FileRefused.

    Working files in the folder have no names, so that they vanish when they are closed.
    """
    order = {"corrections": asdict(corrections or Corrections()), "rows": rows, "platform": platform}
    with TemporaryFile(dir=folder) as answer:
        file.seek(0)
        _run(json.dumps(order), file, answer)
        answer.seek(0)
        said = json.loads(answer.readline())
        if "refused" in said:
            raise FileRefused(*said["refused"])
        yield Read(said["understood"], answer)


def _run(order: str, file: IO[bytes], answer: IO[bytes]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - ours
            [*CHILD, order],
            stdin=file,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FileRefused(TOO_HEAVY) from error
    if done.returncode:
        raise FileRefused(TOO_HEAVY)
