"""How much of large bodies is buffered at once, from their arrival until their requests are answered."""

from collections import Counter
from collections.abc import Hashable
from threading import Lock

from waitress.utilities import Error  # type: ignore[import-untyped]

OF_ONE = 96 * 1024 * 1024  # one file and two of the largest bodies with links
OF_ALL = 256 * 1024 * 1024
RETRY_SECONDS = 5


class TooMuchOfOne(Error):
    code, reason = 429, "Too Many Requests"
    retry_after = RETRY_SECONDS


class TooMuchOfAll(Error):
    code, reason = 503, "Service Unavailable"
    retry_after = RETRY_SECONDS


class BufferedBodies:
    """Counts bytes by the site that sends them. None is a trusted proxy: it sends for many sites, so only the sum of
    all limits it.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.kept: Counter[Hashable] = Counter()
        self.total = 0

    def add(self, site: str | None, count: int) -> Error | None:
        """Count bytes that have come. If they cannot be kept, return the error and count nothing."""
        with self.lock:
            if self.total + count > OF_ALL:
                return TooMuchOfAll("")
            if site is not None and self.kept[site] + count > OF_ONE:
                return TooMuchOfOne("")
            self.total += count
            self.kept[site] += count
            return None

    def remove(self, site: str | None, count: int) -> None:
        with self.lock:
            self.total -= count
            self.kept[site] -= count
            if not self.kept[site]:
                del self.kept[site]
