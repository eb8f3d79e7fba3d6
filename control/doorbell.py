"""The API's bell at the scheduler's door: a batch that has come is dispatched at once, not at the next tick.

It is a pipe between two children of one supervisor. Nothing depends on it: where there is none, the tick comes.
"""

import os
import select
from contextlib import suppress

SETTING = "VIEWS_STATS_DOORBELL"  # a child's end of the pipe, as the number of a file descriptor
FD = 3  # that the supervisor gives it
ENVIRONMENT = {SETTING: str(FD)}


def make() -> tuple[int, int]:
    """Return the end that hears and the one that rings."""
    hears, rings = os.pipe()
    os.set_blocking(rings, False)  # one ring in a full pipe is as good as a thousand
    return hears, rings


def ring() -> None:
    if bell := os.environ.get(SETTING):
        with suppress(OSError):
            os.write(int(bell), b"!")


class Door:
    """Where the scheduler waits: for its tick, for the bell, or for its end."""

    def __init__(self) -> None:
        self.ending = False
        hears, self.wakes = make()
        bell = os.environ.get(SETTING)
        self.ears = [hears, int(bell)] if bell else [hears]

    def wait(self, seconds: float) -> bool:
        """Return whether to go on; at once when somebody rings."""
        for ear in select.select(self.ears, [], [], seconds)[0]:
            if not os.read(ear, 4096):
                self.ears.remove(ear)  # nobody is left who could ring
        return not self.ending

    def end(self, *_: object) -> None:
        """Handle a signal: an event would be locked while the main thread looks at it."""
        self.ending = True
        os.write(self.wakes, b"!")
