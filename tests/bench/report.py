"""The table: on the terminal and in `var/bench`."""

import json
import os
import platform
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure, shown
from tests.checkout import ROOT

FOLDER = ROOT / "var" / "bench"
HEADINGS = ("figure", "measured", "goal", "", "how")
STYLES = {"holds": "green", "missed": "bold red", "": ""}
Groups = dict[str, list[Figure]]


def publish(groups: Groups, load: float | None = None) -> Path:
    """Print the figures and write them down. `load` is the machine's before it began."""
    name = time.strftime("%Y-%m-%d-%H%M%S")
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}"
    machine += "" if load is None else f", load {load:.1f} before"
    Console().print(table(groups), machine)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.md").write_text(f"{name}, {machine}\n\n{markdown(groups)}")
    figures = {group: [asdict(figure) | {"verdict": figure.verdict} for figure in groups[group]] for group in groups}
    file = FOLDER / f"{name}.json"
    file.write_text(json.dumps({"machine": machine, "figures": figures}, ensure_ascii=False, indent=1))
    return file


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
