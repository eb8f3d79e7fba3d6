"""A clock that a test moves: all processes of a system, the stand-in and the database server read it.

Between two steps it goes as fast as the real one, so that leases and pauses take as long as they do. Spans of time are
told by the monotonic clock, which nobody moves. https://github.com/wolfcw/libfaketime
"""

import os
import time
from math import ceil
from pathlib import Path

import pytest

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
STEADY_SLEEP = Path(__file__).parent / "steady"


class SteppedClock:
    """Begins at a moment, in seconds since 1970. `folder` may be read by every user."""

    def __init__(self, folder: Path, begin: float) -> None:
        if not LIBRARIES:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("libfaketime is not installed")
        self.file = folder / "offset"
        self.ahead = 0
        self.step_to(begin)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that reads this clock. They have to be there before it starts."""
        return {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": str(STEADY_SLEEP),
        }

    def now(self) -> float:
        return time.time() + self.ahead

    def step_to(self, moment: float) -> None:
        """Put every clock forward to a moment, or a part of a second past it, all at once: a reader finds either the
        old file or the new one.
        """
        self.ahead = ceil(moment - time.time())
        new = self.file.with_suffix(".new")
        new.write_text(f"{self.ahead:+d}\n")
        new.chmod(0o644)
        new.rename(self.file)
