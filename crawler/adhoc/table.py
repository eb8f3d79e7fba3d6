"""What people see of an ad-hoc run: its progress, then a table."""

import sys
from io import StringIO, TextIOWrapper

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from crawler.items import Results, Row
from crawler.platforms.contract import COUNTS, Again


class Watch:
    """Counts the links that became final."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self.progress = progress
        self.task = task

    def saved(self, item: Results | Row) -> None:
        if isinstance(item, Results):
            final = (len(result.link_ids) for result in item.results if not isinstance(result.outcome, Again))
            self.progress.advance(self.task, sum(final))


def bar() -> Progress:
    """Progress on a terminal's standard error; nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def show(rows: list[Row]) -> None:
    """Print the table. Into a pipe it is as wide as it needs to be: no link is cut."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # links have letters that not every terminal has
    if sys.stdout.isatty():
        Console().print(_table(rows))
    else:
        print(text(rows), end="")  # noqa: T201 - this is what the command is for


def text(rows: list[Row]) -> str:
    """Return the table as plain text, as wide as it needs to be."""
    width = max(cell_len(printable(row.link)) for row in rows) + 80
    console = Console(file=StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(_table(rows))
    return captured.get()


def _table(rows: list[Row]) -> Table:
    table = Table("link", *(f"[right]{name}" for name in COUNTS), "reason", box=None, pad_edge=False)
    for row in rows:
        counts = ("" if (count := getattr(row, name)) is None else f"{count}" for name in COUNTS)
        table.add_row(Text(printable(row.link)), *counts, row.reason or "")
    return table


def printable(link: str) -> str:
    """Return what somebody sent as it may be shown: what a terminal would obey, or nobody would see, is escaped."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in link)
