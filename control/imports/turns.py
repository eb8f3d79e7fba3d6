"""Limits how many files are read at once, for each user and in all, because each takes a processor and much memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from control.errors import Busy

OF_ALL = 2
PATIENCE_SECONDS = 5.0
RETRY_SECONDS = 5


class Turns:
    """Counted in this process's memory."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.working: set[str] = set()

    @contextmanager
    def take(self, user: str) -> Iterator[None]:
        """Wait for a turn. Raises Busy."""
        with self.changed:
            if not self.changed.wait_for(lambda: self._is_free(user), PATIENCE_SECONDS):
                raise Busy("Other files are being read: send it again in a moment.", RETRY_SECONDS)
            self.working.add(user)
        try:
            yield
        finally:
            with self.changed:
                self.working.discard(user)
                self.changed.notify_all()

    def _is_free(self, user: str) -> bool:
        return user not in self.working and len(self.working) < OF_ALL


TURNS = Turns()
