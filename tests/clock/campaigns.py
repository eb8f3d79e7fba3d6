"""Campaigns over two ends of months: users follow posts of all shapes while processes are killed, and close months.

Every point of every plan brings one reading, or the post was not there. Every number of a month lies within its bounds
where no fall lies between, months add up to the counter, closed ones never change, and nobody sees another's.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.chaos.client import Client
from tests.chaos.site import Site
from tests.clock import followed_months, followed_points, strangers
from tests.clock.followers import Follower
from tests.clock.kills import Killer
from tests.clock.stepped import SteppedClock
from tests.clock.true_posts import born_within, link
from tests.clock.walk import walk
from tests.vk_standin.growth import DAY, HOUR, MONTH

NEXT = MONTH + 30 * DAY  # 1 December
CLOSED_AFTER = 3 * HOUR  # by then whatever was not there at midnight has been asked again
MONTHS = (("2026-10", MONTH), ("2026-11", NEXT))
LATENCY = 0.3  # of the platform, in which a spider can be killed
PLANS = {"anna": (24, 168), "boris": (168,), "vera": ()}  # ages in hours


class Wave(NamedTuple):
    """Posts that are published from a moment on, and placed at another: days before or after the end of October."""

    published: float
    placed: float


class Extent(NamedTuple):
    """`published_in`: seconds. The posts of a wave are of one age, nearly: so the clock has few stops."""

    placements: int
    kills: int
    restarts: int
    plans: dict[str, tuple[int, ...]]
    waves: tuple[Wave, ...]
    begin: float
    published_in: float
    days_after: float  # the last month was closed


WHOLE = Extent(
    placements=2000,
    kills=300,
    restarts=5,
    plans=PLANS,
    waves=(
        *(Wave(-1.9, -1.8), Wave(-1.0, -0.9), Wave(-0.2, -0.02), Wave(-0.8, 4.0)),
        *(Wave(5.0, 5.2), Wave(9.0, 11.0), Wave(14.0, 14.1), Wave(18.0, 18.2)),
    ),
    begin=MONTH - 1.81 * DAY,
    published_in=2 * HOUR,
    days_after=2.0,
)
SHORT = Extent(  # no post of these is deleted before the first end of a month is over
    placements=45,
    kills=3,
    restarts=0,
    plans=dict.fromkeys(PLANS, ()),
    waves=(Wave(-0.037, -0.014),),
    begin=MONTH - 0.015 * DAY,
    published_in=HOUR / 2,
    days_after=0.01,
)


@dataclass
class Found:
    kills: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    stops: int = 0


class Campaigns:
    def __init__(self, site: Site, clock: SteppedClock, extent: Extent, seed: int) -> None:
        self.site, self.clock, self.extent = site, clock, extent
        self.random = random.Random(seed)
        self.killer = Killer(site, extent.kills, self.random)
        self.followers = [Follower(Client(site.system.url, name), ages) for name, ages in extent.plans.items()]
        self.found = Found(kills=self.killer.killed)
        self.stages = sorted(
            [
                *((MONTH + wave.placed * DAY, lambda wave=wave: self._place(wave)) for wave in extent.waves),
                *((end + CLOSED_AFTER, lambda name=name: self._close(name)) for name, end in MONTHS),
                (NEXT + CLOSED_AFTER + extent.days_after * DAY, lambda: None),
            ],
            key=lambda stage: stage[0],
        )

    def play(self) -> Found:
        self.site.vk.set(latency=LATENCY)
        for follower in self.followers:
            follower.begin()
        for number, (moment, act) in enumerate(self.stages, 1):
            self.share = number / len(self.stages)
            walk(self.clock, self.site.engine, moment, self._at_stop)
            act()
        while self.killer.victims:  # spiders among them are there only where something is due
            walk(self.clock, self.site.engine, self.clock.now() + DAY, self.killer.kill_soon)
        walk(self.clock, self.site.engine, self.clock.now() + 1)
        return self.check()

    def _at_stop(self) -> None:
        self.found.stops += 1
        self._kill_perhaps(0.6)

    def _kill_perhaps(self, share: float) -> None:
        """Each stage has its part of the kills."""
        if self.killer.killed.total() < self.share * self.extent.kills and self.random.random() < share:
            self.killer.kill_soon()

    def _place(self, wave: Wave) -> None:
        """Let each user follow a part of the posts, so that some are followed by several."""
        begin = MONTH + wave.published * DAY
        each = self.extent.placements // len(self.extent.waves) // len(self.followers)
        pool = [link(*post) for post in born_within(begin, begin + self.extent.published_in, 2 * each)]
        for follower in self.followers:
            self._kill_perhaps(0.3)
            follower.place(self.random.sample(pool, each), self.clock)
        if self.extent.restarts > self.killer.killed["supervisor"]:
            self.killer.restart()

    def _close(self, month: str) -> None:
        for follower in self.followers:
            self._kill_perhaps(0.3)
            follower.close(month)

    def check(self) -> Found:
        end = self.clock.now()
        self.found.points = followed_points.check(self.site.engine, self.followers, end)
        for follower in self.followers:
            self.found.months += followed_months.check(follower, [month for month, _ in MONTHS], "2026-12")
            self.found.events += strangers.check(follower, self.followers)
        return self.found
