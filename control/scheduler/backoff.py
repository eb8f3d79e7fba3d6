"""Backoff: what fails again and again is logged once, and tried again after waits that grow."""

import math
from collections.abc import Callable
from time import monotonic

FIRST_SECONDS = 1.0
RECENT_SECONDS = 30.0
LONGEST_SECONDS = 10.0  # the longest wait: so much later at most the end of a trouble is noticed


class Backoff:
    """The backoff of one thing that is tried. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self.seconds = 0.0
        self.until = -math.inf
        self.failing_since: float | None = None
        self.said: set[str] = set()

    def is_over(self) -> bool:
        """Whether it may be tried now."""
        return self.clock() >= self.until

    def fail(self, why: str) -> bool:
        """Wait twice as long as the last time. Return whether this trouble is a new one."""
        self.seconds = min(max(FIRST_SECONDS, 2 * self.seconds), LONGEST_SECONDS)
        self.until = self.clock() + self.seconds
        self.failing_since = self.clock() if self.failing_since is None else self.failing_since
        news = why not in self.said
        self.said.add(why)
        return news

    def succeed(self) -> bool:
        """Forget the failures. Return whether there were any."""
        news = bool(self.said)
        self.seconds, self.until, self.failing_since = 0.0, -math.inf, None
        self.said.clear()
        return news

    def is_recent(self) -> bool:
        """Whether the last failure is no longer ago than a few of the longest waits."""
        return self.clock() < self.until + RECENT_SECONDS

    def goes_on(self, seconds: float) -> bool:
        """Whether it has failed for so long, and did so lately. Who is not tried any more is tried again some day."""
        since = self.failing_since
        return since is not None and self.is_recent() and self.clock() - since >= seconds
