"""The table: on the terminal and in `var/bench`."""

import json
import os
import platform
import sys
import time
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure, shown
from tests.checkout import ROOT

FOLDER = ROOT / "var" / "bench"
HEADINGS = ("figure", "measured", "goal", "", "how")
STYLES = {"holds": "green", "missed": "bold red", "": ""}
WIDTH = 220  # of a table that goes into a pipe
Groups = dict[str, list[Figure]]


def publish(groups: Groups, load: float | None = None) -> None:
    """Print the figures and write them down. `load` is the machine's before it began."""
    name = time.strftime("%Y-%m-%d-%H%M%S")
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}"
    machine += "" if load is None else f", load {load:.1f} before"
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    console.print(table(groups), machine)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.md").write_text(f"{name}, {machine}\n\n{markdown(groups)}")
    figures = {group: [asdict(figure) | {"verdict": figure.verdict} for figure in groups[group]] for group in groups}
    (FOLDER / f"{name}.json").write_text(json.dumps({"machine": machine, "figures": figures}, ensure_ascii=False))
    print(f"written to {FOLDER / name}.md and .json")


def table(groups: Groups) -> Table:
    result = Table(*HEADINGS)
    for figures in groups.values():
        for figure in figures:
            result.add_row(*cells(figure), style=None if figure.verdict != "missed" else STYLES["missed"])
        result.add_section()
    return result


def markdown(groups: Groups) -> str:
    rows = [cells(figure) for figures in groups.values() for figure in figures]
    lines = [HEADINGS, ("---", "---:", "---:", "---", "---"), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cells(figure: Figure) -> tuple[str, str, str, str, str]:
    return figure.what, shown(figure.value, figure.unit), figure.goal, figure.verdict, figure.how
