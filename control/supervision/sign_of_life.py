"""A child's sign of life to its supervisor, down a pipe that it was started with: what systemd calls WATCHDOG=1."""

import os
from contextlib import suppress
from time import monotonic

SETTING = "VIEWS_STATS_SIGN_OF_LIFE"  # the pipe, as the number of a file descriptor
FD = 3
EVERY_SECONDS = 1.0


class SignOfLife:
    """Only a child of a supervisor gives signs of life. A process that was started by hand goes on without."""

    def __init__(self) -> None:
        self.pipe = os.environ.get(SETTING)
        self.given = -EVERY_SECONDS
        if self.pipe:
            os.set_blocking(int(self.pipe), False)  # a supervisor that hangs must not stop its children

    def give(self) -> None:
        if self.pipe and monotonic() - self.given >= EVERY_SECONDS:
            self.given = monotonic()
            with suppress(OSError):
                os.write(int(self.pipe), b".")
