"""A simulated month: posts of all shapes are measured at odd times while processes are killed, and all has to be right.

Every reading is what the post had at a moment between request and answer; every link ended once, as its post did;
every bound of a value at a moment holds where no fall lies between its readings.
"""

import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import text

from control.reports import values
from control.reports.values import Question
from tests.chaos import invariants
from tests.chaos.client import Client
from tests.chaos.site import Site
from tests.clock.stepped import SteppedClock
from tests.clock.true_posts import GONE, check_reading, holds, link, numbers, post_of
from tests.clock.walk import walk
from tests.vk_standin import growth
from tests.vk_standin.growth import DAY, MONTH

KINDS = ("api", "scheduler", "scrapyd", "spare", "spider")
BEFORE_A_KILL = (0.3, 3.0)  # real seconds after a batch was handed in
READINGS = """
SELECT readings.id, readings.views, readings.asked_at, readings.measured_at, posts.key
FROM readings JOIN posts ON posts.id = readings.post_id
"""
LINKS = """
SELECT links.id, links.status, links.reason, links.reading_id, posts.key, posts.published_at,
links.finished_at, batches.created_at, batches.user_id
FROM links JOIN batches ON batches.id = links.batch_id JOIN posts ON posts.id = links.post_id
"""


class Extent(NamedTuple):
    """How much of it there is: `share` of the posts are measured at each of the moments."""

    posts: int
    moments: int
    share: float
    kills: int
    questions: int


WHOLE = Extent(posts=2000, moments=40, share=0.25, kills=60, questions=20_000)
SHORT = Extent(posts=70, moments=3, share=0.7, kills=3, questions=500)


@dataclass
class Found:
    """What was counted: `fell` are values with a fall between their readings, for which nothing is promised."""

    ended: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    bases: Counter[str] = field(default_factory=Counter)
    readings: int = 0
    fell: int = 0


class Month:
    def __init__(self, site: Site, clock: SteppedClock, extent: Extent, seed: int) -> None:
        self.site, self.clock, self.extent = site, clock, extent
        self.random = random.Random(seed)
        self.client = Client(site.system.url, "anna")
        self.found = Found()
        self.posts = list(numbers(extent.posts))

    def play(self) -> Found:
        victims = [kind for kind in KINDS for _ in range(self.extent.kills // len(KINDS) + 1)]
        self.random.shuffle(victims)
        moments = sorted(MONTH + self.random.uniform(0, 30 * DAY) for _ in range(self.extent.moments))
        for number, moment in enumerate(moments):
            walk(self.clock, self.site.engine, moment)
            self.client.login()
            self._measure()
            for kind in victims[number :: self.extent.moments]:
                time.sleep(self.random.uniform(*BEFORE_A_KILL))
                self.found.kills[kind] += bool(self.site.kill(kind))
        walk(self.clock, self.site.engine, MONTH + 30 * DAY)
        self.client.login()
        return self.check()

    def _measure(self) -> None:
        """Hand in a part of the posts, as two batches that may overlap."""
        for _ in range(2):
            chosen = self.random.sample(self.posts, int(len(self.posts) * self.extent.share / 2))
            self.client.submit([link(*post) for post in chosen])

    def check(self) -> Found:
        links, readings = self._rows(LINKS), self._rows(READINGS)
        invariants.check_database(self.site.engine)
        self._check_nothing_lost(links, readings)
        for reading in readings:
            check_reading(reading)
        for row in links:
            _check_end(row)
        self._check_history(readings)
        self._check_values(links)
        self.found.readings = len(readings)
        return self.found

    def _rows(self, statement: str) -> list[Any]:
        with self.site.engine.connect() as connection:
            return list(connection.execute(text(statement)))

    def _check_nothing_lost(self, links: list[Any], readings: list[Any]) -> None:
        """Every link that was accepted is there and has ended; no reading without a link, none for two of a run."""
        accepted = Counter(link for links in self.client.accepted.values() for link in links)
        assert Counter(f"https://vk.com/{row.key}" for row in links) == accepted
        self.found.ended = Counter(row.status for row in links)
        assert set(self.found.ended) <= {"done", "failed"}
        ended = Counter(row.reading_id for row in links if row.status == "done")
        assert set(ended) == {reading.id for reading in readings}
        assert max(ended.values(), default=1) == 1

    def _check_history(self, readings: list[Any]) -> None:
        """The API shows a post's readings, all and in their order."""
        for key in self.random.sample(sorted({reading.key for reading in readings}), 10):
            stored = sorted((each.measured_at, each.views) for each in readings if each.key == key)
            shown = self.client.insist("GET", f"/posts/vk/{key}/readings?limit=1000").json()["readings"]
            assert [each["views"] for each in shown] == [views for _, views in stored]

    def _check_values(self, links: list[Any]) -> None:
        by_id = {row.id: row for row in links}
        rows = self.random.choices(links, k=self.extent.questions)
        asked = [Question(row.id, row.published_at, self._moment()) for row in rows]
        with self.site.engine.connect() as connection:
            for question, value in zip(asked, values.ask(connection, links[0].user_id, asked), strict=True):
                self.found.bases[value.basis] += 1
                self.found.fell += not holds(post_of(by_id[question.named_by].key), question.moment, value)

    def _moment(self) -> float:
        return MONTH + self.random.uniform(-DAY, 31 * DAY)


def _check_end(row: Any) -> None:
    """It is done only if its post was there at some moment until then, and gone only if it was not."""
    there = {growth.is_there(post_of(row.key), moment) for moment in _moments(row.created_at, row.finished_at)}
    assert (row.status == "done") in there, row
    assert row.status == "done" or row.reason in GONE, row


def _moments(begin: float, end: float) -> Iterable[float]:
    return [begin, *range(int(begin) + 1, int(end) + 1), end]
