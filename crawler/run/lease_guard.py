"""Ends a spider that cannot hold its lease, whatever hangs in it.

Its event loop and its ledger may both wait for a connection that stays open and never answers, as behind a proxy whose
server is gone. Others have its links by then, and it would keep its slot and its memory for ever. So this is a thread
of its own that asks nobody.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from select import select
from threading import Event, Thread
from time import monotonic

GRACE_SECONDS = 5.0  # after the lease: a spider that hears that it is fenced ends in order
STANDARD_ERROR = 2


class LeaseGuard:
    """`seconds` without a lease are the most, from the last time that it was extended until `release`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.held_at = monotonic()
        self.released = Event()

    def watch(self) -> None:
        self.held_at = monotonic()
        Thread(target=self._watch, name="lease guard", daemon=True).start()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Work that extends the lease, if it succeeds. The lease counts from before the database was asked."""
        before = monotonic()
        yield
        self.held_at = before

    def release(self) -> None:
        """There is no run any more that this process could hold."""
        self.released.set()

    def _watch(self) -> None:
        while not self.released.wait(self._left()):
            if self._left() <= 0:
                _end(f"No lease for {self.seconds:g} s: the database did not answer, or this process was stopped\n")

    def _left(self) -> float:
        return self.held_at + self.seconds - monotonic()


def _end(why: str) -> None:
    """End at once, and say why if that holds nothing up: who reads standard error may hang as well."""
    with suppress(OSError):
        if select([], [STANDARD_ERROR], [], 0)[1]:
            os.write(STANDARD_ERROR, why.encode())
    os._exit(os.EX_TEMPFAIL)
