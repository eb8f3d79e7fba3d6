"""Clients who hand in links all the time, while something happens to the system."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tests.chaos.client import FOR_LATER, Client
from tests.vk_standin.truth import Fate

FATES = (Fate.MISSING, Fate.DELETED, Fate.NO_VIEWS, Fate.ZERO)
MOST_OPEN = 2  # batches of a client that are not finished yet: the next one is handed in later
GIVEN_UP = 0.06  # of the batches are cancelled or deleted at once
SETTLED_SECONDS = 300.0  # after that long without a fault, what is unfinished counts as lost


def links(rng: random.Random, owner: int, count: int) -> list[str]:
    """Make up a batch: mostly ordinary posts, some without a number, some named twice, some no links at all."""
    made = []
    for item in rng.sample(range(1, 100_000), count):
        draw = rng.random()
        if draw < 0.02:
            made.append(f"spam {item}")
        elif draw < 0.04 and made:
            made.append(rng.choice(made))
        elif draw < 0.06:
            made.append(f"https://vk.com/wall-{owner}_{item * 1000 + rng.choice(FATES).value}")
        else:
            made.append(f"https://vk.com/wall-{owner}_{item * 1000 + rng.randrange(900)}")
    return made


class Traffic:
    """Of two clients, until `over` and until there were links enough."""

    def __init__(
        self, url: str, seed: str, *, least: int, longest_batch: int, later: frozenset[int] = FOR_LATER
    ) -> None:
        self.clients = [Client(url, f"{name} {seed}", later=later) for name in ("anna", "boris")]
        self.least = least
        self.longest_batch = longest_batch
        self.over = Event()
        self.errors: list[BaseException] = []

    @contextmanager
    def flowing(self) -> Iterator[None]:
        threads = [Thread(target=self._submit, args=(client,)) for client in self.clients]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def settle(self, since: float) -> float:
        """Wait until all links are final; how long that took since this moment of `time.monotonic`."""
        while left := sum(client.open() for client in self.clients):
            assert time.monotonic() - since < SETTLED_SECONDS, f"I1: {left} batches are unfinished"
            time.sleep(0.1)
        return time.monotonic() - since

    def _submit(self, client: Client) -> None:
        rng = random.Random(f"{client.name}")
        try:
            client.login()
            while not self.over.is_set() or sum(map(len, client.accepted.values())) < self.least / 2:
                batch = client.submit(links(rng, rng.randrange(1, 10**9), rng.randrange(1, self.longest_batch)))
                if rng.random() < GIVEN_UP:
                    rng.choice((client.cancel, client.erase))(batch)
                while not self.over.wait(0.3) and client.open() > MOST_OPEN:
                    pass
        except BaseException as error:  # noqa: BLE001 - the round fails with it
            self.errors.append(error)
