"""Backoff: what fails again and again is logged once, and tried again after waits that grow."""

import math
from collections.abc import Callable
from time import monotonic

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 10.0  # the longest wait: so much later at most the end of a trouble is noticed


class Backoff:
    """The backoff of one thing that is tried. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self.seconds = 0.0
        self.until = -math.inf
        self.said: set[str] = set()

    def is_over(self) -> bool:
        """Whether it may be tried now."""
        return self.clock() >= self.until

    def fail(self, why: str) -> bool:
        """Wait twice as long as the last time. Return whether this trouble is a new one."""
        self.seconds = min(max(FIRST_SECONDS, 2 * self.seconds), LONGEST_SECONDS)
        self.until = self.clock() + self.seconds
        news = why not in self.said
        self.said.add(why)
        return news

    def succeed(self) -> bool:
        """Forget the failures. Return whether there were any."""
        news = bool(self.said)
        self.seconds, self.until = 0.0, -math.inf
        self.said.clear()
        return news
