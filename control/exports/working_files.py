"""The folder in which files are put together: `var/tmp`, which only our user may read."""

import shutil
from contextlib import suppress
from pathlib import Path
from time import time

from crawler.process.environment import VAR

PREFIX = "export-"
OLD_SECONDS = 86_400.0  # no worker takes so long


def folder() -> Path:
    """Return the folder; make it if it does not exist."""
    found = VAR / "tmp"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def name(worker: str) -> str:
    """Return what the name of a worker's folder begins with."""
    return f"{PREFIX}{worker}-"


def remove(worker: str) -> None:
    """Remove the files that a killed worker has left."""
    for left in folder().glob(f"{name(worker)}*"):
        shutil.rmtree(left, ignore_errors=True)


def remove_old() -> None:
    """Remove the files of those who were killed with their scheduler, and whose exports nobody here has taken since."""
    for left in folder().glob(f"{PREFIX}*"):
        with suppress(OSError):  # it has just been removed
            if time() - left.stat().st_mtime > OLD_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
