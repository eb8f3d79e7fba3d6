"""Looks at the system for those who ask how it does: within a time limit, and once for all who ask at once."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

Found = TypeVar("Found")


@dataclass
class Lookout(Generic[Found]):
    """Remembers what it `look`s at for `seconds`. Whoever asks waits for `patience` at most, then gets TimeoutError."""

    look: Callable[[], Found]
    seconds: float
    patience: float
    until: float = 0.0
    looking: Future[Found] | None = None
    lock: Lock = field(default_factory=Lock)
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))

    def report(self) -> Found:
        return self._latest().result(self.patience)

    def _latest(self) -> Future[Found]:
        """Nobody looks a second time while a look is under way: one that hangs would be followed by all threads."""
        with self.lock:
            if self.looking is None or (
                self.looking.done() and (self.looking.exception() or monotonic() >= self.until)
            ):
                self.looking = self.thread.submit(self.look)
                self.until = monotonic() + self.seconds
            return self.looking
