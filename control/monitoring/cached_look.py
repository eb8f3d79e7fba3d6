"""Checks the state of the system once for all who ask at the same time, and lets only few of them wait for it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Generic, TypeVar

Found = TypeVar("Found")

MOST_WAITING = 2  # because each of them keeps a thread of the API


@dataclass
class CachedLook(Generic[Found]):
    """Remembers the result of `look` for `seconds`. While a new look takes long, the last result is used until it is
    `old` seconds old.

    A caller waits for `patience` seconds at most.
    """

    look: Callable[[], Found]
    seconds: float
    patience: float
    old: float = 0.0
    clock: Callable[[], float] = monotonic
    until: float = 0.0
    looking: Future[Found] | None = None
    last: tuple[Found, float] | None = None
    lock: Lock = field(default_factory=Lock)
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))
    waiting: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(MOST_WAITING))

    def report(self, patience: float | None = None) -> Found:
        """Return the result. Raises TimeoutError if there is none in time, and whatever `look` raises."""
        looking = self._latest()
        if not looking.done() and self.waiting.acquire(blocking=False):
            try:
                with suppress(TimeoutError):
                    looking.result(self.patience if patience is None else patience)
            finally:
                self.waiting.release()
        return looking.result() if looking.done() else self._last()

    def _latest(self) -> Future[Found]:
        """Return the latest look, or start one. None starts while another is under way: hanging looks would take every
        thread.
        """
        with self.lock:
            if self.looking is None or (
                self.looking.done() and (self.looking.exception() or self.clock() >= self.until)
            ):
                self.looking = self.thread.submit(self._look)
                self.until = self.clock() + self.seconds
            return self.looking

    def _look(self) -> Found:
        found = self.look()
        self.last = found, self.clock()
        return found

    def _last(self) -> Found:
        if self.last is None or self.clock() - self.last[1] > self.old:
            raise TimeoutError
        return self.last[0]
