"""Windows of time in which requests are counted: each begins with the first one, in the memory of this process."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import NamedTuple

SWEEP_SECONDS = 10.0  # so often windows that are over are forgotten


class Limit(NamedTuple):
    """`most` requests, or whatever else is counted, of one user or address in so many `seconds`."""

    name: str
    most: int
    seconds: int


@dataclass(slots=True)
class Window:
    """`own` is what this process has counted, and `others` what others are known to have counted in the same window.

    Of its own the database knows `told`, which may be more than there was so far. `end` is on the clock of this
    process, and `name` the end on the database's clock, by which all processes mean the same window.
    """

    end: float
    own: int = 0
    told: int = 0
    others: int = 0
    name: float | None = None
    lock: Lock = field(default_factory=Lock)

    def add(self, cost: int) -> int:
        """Count. Return up to which number this request goes."""
        with self.lock:
            self.own += cost
            return self.own

    def untold(self) -> int:
        with self.lock:
            return self.own - self.told

    def learn(self, told: int, count: int, name: float, end: float) -> None:
        """Take over what the database has counted since it was told of `told` more."""
        with self.lock:
            if self.name not in {None, name}:  # the window that we knew is over
                self.own, self.told = self.own - self.told, 0
            self.name, self.end = name, end
            self.told += told
            self.others = count - self.told


class Windows:
    """The open windows by limit and by whom they count."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self.open: dict[tuple[str, str], Window] = {}
        self.swept_at = clock()
        self.lock = Lock()

    def of(self, limit: Limit, who: str) -> Window:
        """Return the open window, or begin one."""
        key, moment = (limit.name, who), self.clock()
        with self.lock:
            if moment - self.swept_at >= SWEEP_SECONDS:
                self._sweep(moment)
            window = self.open.get(key)
            if window is None or window.end <= moment:
                window = self.open[key] = Window(moment)
            if not window.own:  # so far it was only asked whether it is used up
                window.end = moment + limit.seconds
            return window

    def left(self, window: Window) -> int:
        """Return in how many seconds the window ends: 1 or more."""
        return max(1, math.ceil(window.end - self.clock()))

    def _sweep(self, moment: float) -> None:
        self.open = {key: window for key, window in self.open.items() if window.end > moment}
        self.swept_at = moment
