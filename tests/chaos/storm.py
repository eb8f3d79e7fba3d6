"""Rounds of kills under load: clients hand in links, processes are killed, VK fails, and all must end right."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles

from tests.chaos import invariants
from tests.chaos.site import Site
from tests.chaos.traffic import Traffic

KINDS = ("api", "scheduler", "scrapyd", "spare", "spider", "supervisor")
TROUBLE = 0.08  # of VK's answers go wrong
LATENCY = 0.1
LONGEST_BATCH = 2000
BETWEEN_KILLS = (0.2, 1.5)  # seconds


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


class Round:
    def __init__(self, site: Site, seed: str, kills: int, least: int) -> None:
        self.site = site
        self.rng = random.Random(seed)
        self.victims = [kind for kind in KINDS for _ in range(kills)]
        self.rng.shuffle(self.victims)
        self.traffic = Traffic(site.system.url, seed, least=least, longest_batch=LONGEST_BATCH)

    def play(self, report: Report) -> None:
        before = self.asked()
        self.site.vk.set(trouble=TROUBLE, latency=LATENCY)
        with self.traffic.flowing():
            for kind in self.victims:
                time.sleep(self.rng.uniform(*BETWEEN_KILLS))
                report.kills[kind] += self.kill(kind)
        self.site.vk.set(trouble=0.0)
        assert not self.traffic.errors, [*self.traffic.errors, *self.site.faults()]
        self.settle(report)
        report.asked += self.asked() - before

    def kill(self, kind: str) -> int:
        """Kill one of the kind as soon as there is one."""
        end = time.monotonic() + 60
        while not self.site.kill(kind):
            assert time.monotonic() < end, f"no {kind} in 60 s"
            time.sleep(0.02)
        if kind == "supervisor":
            self.site.again()
        return 1

    def settle(self, report: Report) -> None:
        report.recoveries.append(self.traffic.settle(time.monotonic()))
        report.ended += invariants.check(self.site, self.traffic.clients)
        for client in self.traffic.clients:
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
