"""Finds the processes that a test has started by a mark in their environment, even if they outlived their parent."""

import os
from contextlib import suppress
from pathlib import Path

MARK = "VIEWS_STATS_TEST"
RUNNER = "crawler.scrapyd.runner"


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


def spiders(mark: str) -> list[int]:
    """Return the processes that have a job: since their start, or named so when they took one."""
    return [pid for pid, words in _runners(mark).items() if "crawl" in words or _name(pid) == "spider"]


def job_of(pid: int) -> str:
    """Return the job that a spider of scrapyd's works on: the one whose log it writes."""
    for file in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            if "/logs/default/" in str(log := file.readlink()):
                return log.stem
    return ""


def spares(mark: str, *, ready: bool = False) -> list[int]:
    """Return the processes that wait for a job, those too that still load what they need unless only `ready` ones."""
    waiting = set(_runners(mark)) - set(spiders(mark))
    return [pid for pid in sorted(waiting) if not ready or _name(pid) == "spare"]


def _runners(mark: str) -> dict[int, list[str]]:
    return {pid: words for pid, words in marked(mark).items() if words[1:3] == ["-m", RUNNER]}


def parent(pid: int) -> int:
    """Return the parent's process, 0 where the process is gone."""
    status = b"\0".join(_read(Path(f"/proc/{pid}/stat"))).decode().rpartition(")")[2].split()
    return int(status[1]) if status else 0


def _name(pid: int) -> str:
    return b"".join(_read(Path(f"/proc/{pid}/comm"))).decode().strip()


def _read(file: Path) -> list[bytes]:
    """Read nothing of a process that has just ended, and nothing of a zombie."""
    try:
        return file.read_bytes().split(b"\0")
    except OSError:
        return []
