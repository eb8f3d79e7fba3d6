"""Limits that hold over all API processes together: what one counts, the others learn from the database.

A tenth of each limit is divided among the processes. So much of a window each may count before it tells, and whenever
it tells it takes so much in advance. So most users cost no statement, none waits for every request, and what all
processes let through in a window differs from the limit by less than a tenth. While a process is alone it writes
nothing.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from time import monotonic

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from control.accounts import api_processes, attempts
from control.web.windows import Limit, Window

PART = 10  # of a limit: what may be wrong
LOOK_SECONDS = 2.0  # after which it is counted anew how many processes there are
PATIENCE_SECONDS = 0.5  # a request waits no longer for the database
REST_SECONDS = 1.0  # for which nobody waits for a database that did not answer


class SharedWindows:
    """While the database does not answer, requests are let through by what is known already."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = monotonic) -> None:
        self.engine = engine
        self.clock = clock
        self.processes = 1
        self.look_at = self.rest_until = clock()
        self.asking: dict[str, Future[None]] = {}  # by what is counted
        self.lock = Lock()
        self.thread = ThreadPoolExecutor(1, "shared-windows")

    def settle(self, limit: Limit, who: str, window: Window, place: int) -> int:
        """Learn what others have counted, if that may decide about a request that goes up to `place`.

        Return its place, which is a lower one if meanwhile another window has begun.
        """
        self._look_at_times()
        while self._may_decide(limit, window, place) and self._ask(limit, who, window):
            place = min(place, window.own)
        return place

    def _look_at_times(self) -> None:
        with self.lock:
            if self.clock() < self.look_at:
                return
            self.look_at = self.clock() + LOOK_SECONDS
        self.thread.submit(self._look)

    def _look(self) -> None:
        with suppress(SQLAlchemyError):
            self.processes = api_processes.count(self.engine)

    def _share(self, limit: Limit) -> int:
        return limit.most // PART // self.processes

    def _may_decide(self, limit: Limit, window: Window, place: int) -> bool:
        if self.processes == 1 or place + window.others > limit.most:
            return False
        return place > max(window.told, self._share(limit))

    def _ask(self, limit: Limit, who: str, window: Window) -> bool:
        """Tell and learn, or wait for who does so already. False: the database does not answer in time."""
        key = f"{limit.name} {who}"
        with self.lock:
            if key not in self.asking:
                self.asking[key] = self.thread.submit(self._exchange, limit, key, window)
            asking = self.asking[key]
        if self.clock() < self.rest_until:
            return False
        try:
            asking.result(PATIENCE_SECONDS)
        except (TimeoutError, SQLAlchemyError):
            self.rest_until = self.clock() + REST_SECONDS
            return False
        return True

    def _exchange(self, limit: Limit, key: str, window: Window) -> None:
        try:
            told = max(0, window.untold() + self._share(limit))
            total = attempts.add(self.engine, key, limit.seconds, told)
            window.learn(told, total.counted, total.until, self.clock() + total.left)
            self.rest_until = 0.0
        finally:
            with self.lock:
                del self.asking[key]
