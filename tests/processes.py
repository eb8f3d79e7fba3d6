"""Processes that a test has started, found by a mark in their environment, also where they outlived their parent."""

import os
from pathlib import Path

MARK = "VIEWS_STATS_TEST"


def marked(mark: str) -> dict[int, list[str]]:
    """Return the command line of each living process whose variable MARK is this."""
    entry = f"{MARK}={mark}".encode()
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            environment, command = _read(folder / "environ"), _read(folder / "cmdline")
            if entry in environment:
                found[int(folder.name)] = [word.decode() for word in command]
    return found


def of_module(mark: str, module: str) -> int:
    """Return the process that runs this module, 0 if there is none."""
    return next((pid for pid, words in marked(mark).items() if module in words and "make" not in words), 0)


def _read(file: Path) -> list[bytes]:
    """Read nothing of a process that has just ended, and nothing of a zombie."""
    try:
        return file.read_bytes().split(b"\0")
    except OSError:
        return []
