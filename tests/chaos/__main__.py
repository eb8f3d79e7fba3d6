"""`make chaos`: hundreds of kills on SQLite and PostgreSQL, counted. Prints the table that docs/operating.md quotes."""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests import postgresql
from tests.chaos.site import site
from tests.chaos.storm import KINDS, Report, storm

DATABASES = ("sqlite", "postgresql")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    add = parser.add_argument
    add("--database", choices=DATABASES, action="append", help="default: both, one after the other")
    add("--rounds", type=int, default=20)
    add("--kills", type=int, default=5, help="of each kind of process in a round")
    add("--least", type=int, default=5000, help="links in a round")
    add("--seed", type=int, default=1)
    return parser.parse_args()


@contextmanager
def fresh(database: str, folder: Path) -> Iterator[str]:
    """Yield the address of a new database."""
    if database == "sqlite":
        yield f"sqlite:///{folder / 'views.db'}"
    else:
        with postgresql.running(postgresql.DURABLE) as server:
            yield server.address.format("postgres")


def column(report: Report) -> list[str]:
    kills = ", ".join(f"{kind} {report.kills[kind]}" for kind in KINDS)
    return [
        f"{report.kills.total():,} ({kills})",
        f"{report.ended.total():,}",
        "0, 0, 0, 0, 0",  # the first one that is not raises
        f"{report.refetch:.2f}",
        f"{report.recovery(50):.1f} s / {report.recovery(95):.1f} s",
        f"{report.unanswered:,}, each sent again under its key",
        f"{report.seconds / 60:.0f} min",
    ]


ROWS = (
    "kill -9",
    "links accepted",
    "lost, double, wrong, innocent failures, left over",
    "posts asked of VK for each needed",
    "last fault to last final, p50 / p95",
    "requests that got no answer",
    "time",
)


def play(database: str, options: argparse.Namespace, say: Callable[[str], None]) -> Report:
    say(f"{database}: {options.rounds} rounds of {options.kills * len(KINDS)} kills, seed {options.seed}")
    many = {name: getattr(options, name) for name in ("seed", "rounds", "kills", "least")}
    with (
        tempfile.TemporaryDirectory(prefix="views-chaos-") as folder,
        fresh(database, Path(folder)) as url,
        site(Path(folder), url, WARM_SPARES="2") as here,
    ):
        return storm(here, **many, say=say)


def main() -> None:
    options, console = arguments(), Console(width=120)
    reports = {database: play(database, options, console.print) for database in options.database or DATABASES}
    table = Table("", *reports)
    for name, *values in zip(ROWS, *map(column, reports.values()), strict=True):
        table.add_row(name, *values)
    console.print(table)


if __name__ == "__main__":
    main()
