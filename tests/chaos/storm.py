"""Rounds of kills under load: clients hand in links, processes are killed, VK fails, and all must end right."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles
from threading import Event, Thread

from tests.chaos import invariants
from tests.chaos.client import Client
from tests.chaos.site import Site
from tests.vk_standin.truth import Fate

KINDS = ("api", "scheduler", "scrapyd", "spare", "spider", "supervisor")
TROUBLE = 0.08  # of VK's answers go wrong
LATENCY = 0.1
FATES = (Fate.MISSING, Fate.DELETED, Fate.NO_VIEWS, Fate.ZERO)
LONGEST_BATCH = 2000
MOST_OPEN = 2  # batches of a client that are not finished yet: the next one is handed in later
GIVEN_UP = 0.06  # of the batches are cancelled or deleted at once
BETWEEN_KILLS = (0.2, 1.5)  # seconds
SETTLED_SECONDS = 300.0  # after that long without a fault, what is unfinished counts as lost


@dataclass
class Report:
    """Of all rounds; `recoveries` are seconds from a round's last fault to its last final link."""

    kills: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    recoveries: list[float] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    asked: int = 0
    wanted: int = 0
    seconds: float = 0.0

    @property
    def refetch(self) -> float:
        """Posts asked of VK for each that had to be asked."""
        return self.asked / self.wanted

    def recovery(self, percent: int) -> float:
        many = self.recoveries if len(self.recoveries) > 1 else self.recoveries * 2
        return quantiles(many, n=100, method="inclusive")[percent - 1]


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


class Round:
    def __init__(self, site: Site, seed: str, kills: int, least: int) -> None:
        self.site = site
        self.rng = random.Random(seed)
        self.victims = [kind for kind in KINDS for _ in range(kills)]
        self.rng.shuffle(self.victims)
        self.least = least
        self.clients = [Client(site.system.url, f"{name} {seed}") for name in ("anna", "boris")]
        self.over = Event()
        self.errors: list[BaseException] = []

    def play(self, report: Report) -> None:
        before = self.asked()
        self.site.vk.set(trouble=TROUBLE, latency=LATENCY)
        threads = [Thread(target=self.submit, args=(client, number)) for number, client in enumerate(self.clients)]
        for thread in threads:
            thread.start()
        try:
            for kind in self.victims:
                time.sleep(self.rng.uniform(*BETWEEN_KILLS))
                report.kills[kind] += self.kill(kind)
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        self.site.vk.set(trouble=0.0)
        assert not self.errors, [*self.errors, *self.site.faults()]
        self.settle(report, time.monotonic())
        report.asked += self.asked() - before

    def submit(self, client: Client, number: int) -> None:
        """Hand batches in until the kills are over and there were links enough."""
        rng = random.Random(f"{client.name}")
        try:
            client.login()
            while not self.over.is_set() or sum(map(len, client.accepted.values())) < self.least / 2:
                batch = client.submit(links(rng, rng.randrange(1, 10**9), rng.randrange(1, LONGEST_BATCH)))
                if rng.random() < GIVEN_UP:
                    rng.choice((client.cancel, client.erase))(batch)
                while not self.over.wait(0.3) and client.open() > MOST_OPEN:
                    pass
        except BaseException as error:  # noqa: BLE001 - the round fails with it
            self.errors.append(error)

    def kill(self, kind: str) -> int:
        """Kill one of the kind as soon as there is one."""
        end = time.monotonic() + 60
        while not self.site.kill(kind):
            assert time.monotonic() < end, f"no {kind} in 60 s"
            time.sleep(0.02)
        if kind == "supervisor":
            self.site.again()
        return 1

    def settle(self, report: Report, since: float) -> None:
        while left := sum(client.open() for client in self.clients):
            assert time.monotonic() - since < SETTLED_SECONDS, f"I1: {left} batches are unfinished"
            time.sleep(0.1)
        report.recoveries.append(time.monotonic() - since)
        report.ended += invariants.check(self.site, self.clients)
        for client in self.clients:
            report.answers += Counter(client.seen)
            report.unanswered += client.unanswered
            report.wanted += client.wanted()

    def asked(self) -> int:
        """Count the posts asked for; `execute` only tells, once a token, that it is a service's."""
        return self.site.vk.counts()["ids"].get("wall.getById", 0)


def storm(site: Site, *, seed: int, rounds: int, kills: int, least: int, say: Callable[[str], None] = print) -> Report:
    """Play rounds, each with `kills` of every kind and at least so many links."""
    report, began = Report(), time.monotonic()
    for number in range(rounds):
        Round(site, f"{seed}.{number}", kills, least).play(report)
        say(
            f"round {number + 1} of {rounds}: {report.kills.total()} kills, {report.ended.total():,} links, all right; "
            f"recovered in {report.recoveries[-1]:.1f} s; {time.monotonic() - began:.0f} s so far"
        )
    report.seconds = time.monotonic() - began
    return report
