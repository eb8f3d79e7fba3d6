"""The folder in which files are put together: `var/tmp`, which only our user may read."""

import shutil
from pathlib import Path

from crawler.process.environment import VAR


def folder() -> Path:
    """Return the folder; make it if it does not exist."""
    found = VAR / "tmp"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def name(worker: str) -> str:
    """Return what the name of a worker's folder begins with."""
    return f"export-{worker}-"


def remove(worker: str) -> None:
    """Remove the files that a killed worker has left."""
    for left in folder().glob(f"{name(worker)}*"):
        shutil.rmtree(left, ignore_errors=True)
