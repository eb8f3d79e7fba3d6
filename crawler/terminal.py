"""What people see of an ad-hoc run: its progress, then a table."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from crawler.items import COUNTS, Results, Row
from crawler.platforms.contract import Again


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
    console = Console() if sys.stdout.isatty() else Console(width=max(len(row.link) for row in rows) + 80)
    table = Table("link", *(f"[right]{name}" for name in COUNTS), "reason", box=None, pad_edge=False)
    for row in rows:
        counts = ("" if (count := getattr(row, name)) is None else f"{count}" for name in COUNTS)
        table.add_row(row.link, *counts, row.reason or "")
    console.print(table)
