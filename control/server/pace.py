"""How fast a client fetches its answer, or sends its request."""

SECONDS = 30.0  # the length of a window, and how long nothing at all may move
LEAST_BYTES = 300_000  # that have to move within a window


class Pace:
    """Judges in windows of time. A window begins anew when nothing is left to move, so that our own slowness does not
    count against the client.
    """

    def __init__(self) -> None:
        self.began: float | None = None  # when the window began
        self.moved = 0  # bytes within the window
        self.last = 0.0  # when a byte moved last

    def move(self, count: int, now: float) -> None:
        self.moved += count
        self.last = now

    def rest(self) -> None:
        self.began = None

    def too_slow(self, now: float) -> bool:
        """Whether the client is too slow. To be asked only while something is to be moved."""
        if self.began is None:
            self.began, self.moved, self.last = now, 0, now
        slow = now - self.last >= SECONDS
        if now - self.began >= SECONDS:
            slow = slow or self.moved < LEAST_BYTES
            self.began, self.moved = now, 0
        return slow
