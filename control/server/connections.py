"""Who holds connections, and how much of our answers waits to be sent. Whoever holds too much loses the oldest."""

from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

from control.web.client_address import site

OF_ONE = 250
UNSENT_BYTES_OF_ONE = 64 * 1024 * 1024
UNSENT_BYTES_OF_ALL = 4 * UNSENT_BYTES_OF_ONE


class Connection(Protocol):
    site: str | None
    since: float  # when its present state began
    total_outbufs_len: int

    @property
    def at_work(self) -> bool:
        """Whether a request of it is not answered yet."""

    def handle_close(self) -> None: ...


class Connections:
    """Closes a connection of the site that has the most when there are too many, so that no site shuts out others.

    A trusted proxy is not a site, because it sends for many.
    """

    def __init__(self, most: int, trusts: Callable[[str], bool]) -> None:
        self.most = most
        self.trusts = trusts
        self.count = 0
        self.of: dict[str | None, set[Connection]] = defaultdict(set)

    def site(self, address: str) -> str | None:
        return None if self.trusts(address) else site(address)

    def admit(self, new: Connection) -> None:
        self.of[new.site].add(new)
        self.count += 1
        if new.site is not None and len(self.of[new.site]) > OF_ONE:
            _close_oldest(self.of[new.site] - {new})
        elif self.count > self.most:
            largest = max(self.of.values(), key=len) - {new}
            if largest:  # otherwise this is the only connection
                _close_oldest(largest)

    def leave(self, gone: Connection) -> None:
        if gone in self.of.get(gone.site, ()):
            self.of[gone.site].remove(gone)
            self.count -= 1
            if not self.of[gone.site]:
                del self.of[gone.site]

    def make_room(self, asking: str | None) -> None:
        """Make room for one more answer."""
        if asking is not None and _unsent(self.of[asking]) > UNSENT_BYTES_OF_ONE:
            _close_oldest({one for one in self.of[asking] if one.total_outbufs_len})

    def make_room_for_all(self) -> None:
        """Make room when many sites together do not fetch their answers."""
        everybody = {one for connections in self.of.values() for one in connections if one.total_outbufs_len}
        while _unsent(everybody) > UNSENT_BYTES_OF_ALL:
            everybody.remove(_close_oldest(everybody))


def _unsent(connections: set[Connection]) -> int:
    return sum(one.total_outbufs_len for one in connections)


def _close_oldest(connections: set[Connection]) -> Connection:
    oldest = min(connections, key=lambda one: (one.at_work, one.since))
    oldest.handle_close()
    return oldest
