"""Kills by `kill -9`, one after another while something is under way."""

import random
import time
from collections import Counter

from tests.chaos.site import Site

EVERYBODY = ("api", "scheduler", "scrapyd", "spare", "spider")
SOON_SECONDS = (0.1, 2.0)  # after a stop of the clock
WORKING_SECONDS = 1.0  # in which a spider comes to work, if one does
MOST_AT_ONCE = 3  # the system recovers from several kills together


class Killer:
    """Has so many victims, of every kind as many as of the others; `killed` are those that it found."""

    def __init__(self, site: Site, kills: int, random_: random.Random) -> None:
        self.site, self.random = site, random_
        self.victims = [EVERYBODY[number % len(EVERYBODY)] for number in range(kills)]
        self.random.shuffle(self.victims)
        self.killed = Counter[str]()

    def kill_soon(self) -> None:
        """Kill one or some, one after the other: what has just become due is being gathered or measured."""
        for _ in range(self.random.randint(1, MOST_AT_ONCE)):
            time.sleep(self.random.uniform(*SOON_SECONDS))
            self.kill()

    def kill(self) -> None:
        """Kill the next one; where no spider works, whoever comes after it."""
        for place, kind in enumerate(self.victims):
            if self._found(kind):
                self.killed[kind] += 1
                del self.victims[place]
                return

    def _found(self, kind: str) -> bool:
        end = time.monotonic() + WORKING_SECONDS
        while not self.site.kill(kind):
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def restart(self) -> None:
        """Kill the supervisor, and start the system anew."""
        assert self._found("supervisor")
        self.killed["supervisor"] += 1
        self.site.again()
