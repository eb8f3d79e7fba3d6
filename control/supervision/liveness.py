"""Notices a process that is there and does nothing any more: it is started anew, as scrapyd is by
`control.supervision.scrapyd_watchdog`.

That is safe at any time: what the API has answered is in the database, and so is all that the scheduler knows.
"""

from collections.abc import Awaitable, Callable

from twisted.application.internet import TimerService
from twisted.internet import reactor
from twisted.internet.defer import Deferred

EVERY_SECONDS = 2.0
STARTING_SECONDS = 120.0  # until the first sign of life


class Liveness(TimerService):
    """`is_alive` finds out whether it lives. After `silent` seconds in which it did not, `restart` is told why."""

    def __init__(self, is_alive: Callable[[], Awaitable[bool]], silent: float, restart: Callable[[str], None]) -> None:
        super().__init__(EVERY_SECONDS, lambda: Deferred.fromCoroutine(self._look()))
        self.is_alive = is_alive
        self.silent = silent
        self.restart = restart
        self.begin()

    def begin(self) -> None:
        """Begin the time that a process has for its start."""
        self.since = reactor.seconds()
        self.patience = STARTING_SECONDS

    async def _look(self) -> None:
        if await self.is_alive():
            self.since = reactor.seconds()
            self.patience = self.silent
        elif reactor.seconds() - self.since > self.patience:
            why = f"has given no sign of life for {self.patience:.0f} s"
            self.begin()
            self.restart(why)
