"""Notices a scrapyd that launches nothing any more although it answers, or that does not answer: it is started anew.

That is safe at any time, for no run depends on the scrapyd that started it: its links come back.
"""

import json
from collections.abc import Callable
from typing import Any

from twisted.application.internet import TimerService
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from control.supervision.http_probe import Check, ask
from control.supervision.liveness import STARTING_SECONDS

EVERY_SECONDS = 2.5
TIMEOUT_SECONDS = 10.0
DEAF_SECONDS = 20.0
STUCK_SECONDS = 10.0  # a scrapyd that works fills free slots at once, and at every poll


class Watchdog(TimerService):
    """`restart` is told why. A scrapyd that was just started may take long until its first answer: on a busy machine it
    would else be started anew for ever.
    """

    def __init__(self, check: Check, most: int, restart: Callable[[str], None]) -> None:
        super().__init__(EVERY_SECONDS, lambda: Deferred.fromCoroutine(self._look()))
        self.check = check
        self.most = most
        self.restart = restart
        self.begin()

    def begin(self) -> None:
        """Begin the time that a process has for its start."""
        self.heard = self.moved = reactor.seconds()
        self.patience = STARTING_SECONDS

    async def _look(self) -> None:
        answer = _read(await ask(self.check, TIMEOUT_SECONDS))
        if answer:
            self.heard = reactor.seconds()
            self.patience = DEAF_SECONDS
        if not answer or not _stuck(answer, self.most):
            self.moved = reactor.seconds()
        self._judge()

    def _judge(self) -> None:
        moment = reactor.seconds()
        if moment - self.heard > self.patience:
            self._restart(f"has not answered for {self.patience:.0f} s")
        elif moment - self.moved > STUCK_SECONDS:
            self._restart(f"has free slots and has started none of its pending jobs for {STUCK_SECONDS:.0f} s")

    def _restart(self, why: str) -> None:
        self.begin()
        self.restart(why)


def _read(body: bytes | None) -> dict[str, Any]:
    try:
        answer = json.loads(body or b"")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) and answer.get("status") == "ok" else {}


def _stuck(answer: dict[str, Any], most: int) -> bool:
    pending, running = answer.get("pending"), answer.get("running")
    return isinstance(pending, int) and isinstance(running, int) and pending > 0 and running < most
