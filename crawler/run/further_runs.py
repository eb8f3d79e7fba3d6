"""What a process does at the end of its run: it goes on with the next batch that waits, for a while.

To start a process takes most of a second of a processor, and to work on a batch of one link a tenth of that.
"""

import asyncio
from collections.abc import Callable
from time import monotonic

from crawler.queue.succession import Taken
from crawler.run.ledger import Ledger

TAKES_SECONDS = 60.0  # a process that is older takes no further run: it has the code and the settings of its start
STAYS_SECONDS = 1.0  # where a process has taken a run already, more batches may come soon
LOOK_SECONDS = 0.1


class FurtherRuns:
    """Of one process. `most` runs it works on, the first one counted; 0: any number. `clock` is in seconds."""

    def __init__(self, ledger: Ledger, platform: str, most: int, clock: Callable[[], float] = monotonic) -> None:
        self.ledger = ledger
        self.platform = platform
        self.most = most
        self.clock = clock
        self.taken = 0
        self.until = clock() + TAKES_SECONDS

    async def next(self, alarm: str | None = None) -> Taken | None:
        """End the run and take the next one. None: it is not ended, and the process should be."""
        stays_until = self.clock() + (STAYS_SECONDS if self.taken else 0.0)
        while self._may_take():
            whose_turn = await self.ledger.next_platform()
            if whose_turn == self.platform and (taken := await self.ledger.take_next(alarm)):
                self.taken += 1
                return taken
            if whose_turn not in {None, self.platform} or self.clock() >= stays_until:
                return None
            await asyncio.sleep(LOOK_SECONDS)
        return None

    def _may_take(self) -> bool:
        return self.clock() < self.until and (not self.most or self.taken + 1 < self.most)
