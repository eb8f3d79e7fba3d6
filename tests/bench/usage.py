"""What a process costs."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Usage:
    megabytes: float  # the most it had at once
    cpu: float  # seconds


def usage(pid: int) -> Usage:
    folder = Path(f"/proc/{pid}")
    peak = int((folder / "status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return Usage(peak, (int(fields[11]) + int(fields[12])) / TICKS)


def last_usage(process: subprocess.Popen[bytes]) -> Usage:
    """Wait for its end. `ru_maxrss` will not do: a child's begins at what its parent had when it was started."""
    last = Usage(0, 0)
    while process.poll() is None:
        try:
            last = usage(process.pid)
        except (OSError, IndexError):  # it has just ended, or is a zombie
            continue
        time.sleep(LOOK_SECONDS)
    return last
