"""`make demo`: the whole system on our stand-in for VK. It posts a sample batch and shows its rows as they finish."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from tests.system import PASSWORD, System, system

USER = "analyst"  # whom the system makes to try itself
TOKENS = {"VK_TOKENS": "standin-user", "VK_REQUESTS_PER_SECOND": "3"}
SAMPLE = [
    "https://vk.com/wall-23538238_35",
    "https://m.vk.com/wall-221992613_185?reply=7",
    "https://vk.com/feed?w=wall-23538238_35",
    "https://vk.com/away.php?to=https%3A%2F%2Fvk.com%2Fwall-1_2",
    "wall194141788_4201",
    "https://vkvideo.ru/video-18403220_456239696",
    "https://vk.com/clip-57274055_456239788",
    "https://vk.com/wall-1_2901",
    "https://vk.com/wall-1_2902",
    "https://vk.com/wall-1_2903",
    "https://vk.com/wall-1_2910",
    "https://vk.com/photo-111670353_457284649",
    "https://vk.cc/ax6g0g",
    "https://example.com/wall-1_2",
]
FINAL = {"done", "failed"}


def table(rows: list[dict[str, Any]]) -> Table:
    shown = Table("link", "status", "[right]views", "why there is no number", box=None)
    for row in rows:
        views = "" if row["views"] is None else f"{row['views']:,}".replace(",", " ")
        shown.add_row(row["link"], row["status"], views, row["advice"] or "")
    return shown


def show(running: System, console: Console) -> None:
    batch = running.submit(SAMPLE)
    console.print(f"{len(SAMPLE)} links posted to {running.url}/batches; {running.url}/batches/{batch} says:\n")
    with Live(console=console, auto_refresh=False) as live:
        while True:
            rows = running.rows(batch)
            live.update(table(rows), refresh=True)
            if all(row["status"] in FINAL for row in rows):
                return
            time.sleep(0.1)


def make_administrator(running: System) -> None:
    """Let the sample's user see what administrators see."""
    command = [str(running.folder / ".venv/bin/flask"), "--app", "control.app", "users", "promote", USER]
    subprocess.run(command, cwd=running.folder, env=running.environment, check=True, capture_output=True)


def say_where(running: System, console: Console) -> None:
    password = (running.folder / "var/scrapyd_password").read_text().strip()
    console.print(f"\nOpen in a browser  {running.url}\n  name             {USER}\n  password         {PASSWORD}")
    console.print(f"The API            {running.url}/docs\nThe runs           {running.scrapyd_url}/jobs")
    console.print(f"  name, password   views, {password}", soft_wrap=True)


def stay(console: Console) -> None:
    """Leave the system to whoever sits before the terminal."""
    console.print("Ctrl-C ends the demo; nothing of it stays.")
    while True:
        time.sleep(1)


def main() -> None:
    console = Console()
    console.print("Starting the system and a stand-in for VK, in a temporary directory…")
    with (
        tempfile.TemporaryDirectory(prefix="views-stats-demo-") as folder,
        system(Path(folder) / "views", "--latency=0.7", **TOKENS) as (running, _),
    ):
        show(running, console)
        make_administrator(running)
        say_where(running, console)
        if sys.stdin.isatty():
            stay(console)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
