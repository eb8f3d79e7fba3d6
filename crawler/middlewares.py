"""What a request has to pass before it goes to the network: the redirects that are allowed, and the rate."""

import asyncio
from collections import defaultdict
from collections.abc import Container, Sequence
from contextlib import suppress
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.http import Request

from crawler.exceptions import NotNow, Paused
from crawler.platforms.contract import Call
from crawler.run.ledger import NOTED_SECONDS, Ledger, Slot
from crawler.run.unanswered import LedAway
from crawler.spiders.platform_spider import PlatformSpider

HASTE = 1.05  # delayed requests may leave at this multiple of the rate until they have caught up
LATE_SECONDS = 0.05  # after its slot began a request has missed it, and needs another one
MOST_SLOTS = 2  # of one request: where the processor is always so busy, it leaves late
FAR_SECONDS = 1.0  # if its next slot is so far ahead, a request is not about to leave any more

PORTS = {"http": ":80", "https": ":443"}


class SameSiteMiddleware:
    """Follows redirects within the platform's site only, and never from https to http. It stands before the middleware
    that would ask the other site for its robots.txt, and checks the redirects of robots.txt too.

    A redirected request is still the same call: it draws on the budget of the host that was asked first.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        spider = self.crawler.spider
        assert isinstance(spider, PlatformSpider)
        if (led_by := request.meta.get("redirect_urls")) and not may_lead(led_by[-1], request.url, spider.access.site):
            raise LedAway(origin(request.url))


def may_lead(here: str, there: str, site: Container[str]) -> bool:
    """Whether a page may redirect to another: within its origin, or between hosts of one site."""
    if not is_http(there) or (here.startswith("https:") and not there.startswith("https:")):
        return False
    return origin(here) == origin(there) or (host(here) in site and host(there) in site)


def is_http(url: str) -> bool:
    return urlsplit(url).scheme in PORTS


def origin(url: str) -> str:
    return f"{urlsplit(url).scheme}://{host(url)}"


def host(url: str) -> str:
    """Return the host, with its port unless that is the scheme's default."""
    parts = urlsplit(url)
    return parts.netloc.lower().removesuffix(PORTS.get(parts.scheme, ""))


class BudgetMiddleware:
    """Holds each platform request back until its slot. Requests without a `call`, such as robots.txt, pass at once."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.next_at: defaultdict[str, float] = defaultdict(float)  # by budget, on the monotonic clock

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        call: Call | None = request.meta.get("call")
        if call is None:
            return
        spider = self.crawler.spider
        assert isinstance(spider, PlatformSpider)
        try:
            await self.admit(call, spider)
        except Paused as paused:
            raise NotNow(str(paused)) from paused
        request.meta["asked"] = monotonic()  # before it leaves, because the post is read later than this

    async def admit(self, call: Call, spider: PlatformSpider) -> None:
        """Wait until the request may leave and the database knows that its links are being sent."""
        note = Note(spider.ledger, spider.pool.link_ids(call))
        try:
            for _ in range(MOST_SLOTS):
                self.check(call, spider)
                slot = await self.slot(call, spider, note)
                await self.sleep_until(slot.begins_at - NOTED_SECONDS, spider.ending)
                self.check(call, spider)
                await note.make()
                await self.sleep_until(slot.begins_at, spider.ending)
                if not self.is_late(slot, call.budget, spider.access.rate):
                    break
            self.check(call, spider)
        except (NotNow, Paused):
            await note.take_back()
            raise
        await self.pace(call.budget, spider)

    @staticmethod
    async def slot(call: Call, spider: PlatformSpider, note: "Note") -> Slot:
        slot = await spider.ledger.slot(call.budget, spider.access.rate, () if note.made else note.link_ids)
        note.made = note.made or slot.noted
        if slot.begins_at - monotonic() > FAR_SECONDS:
            await note.take_back()
        return slot

    @staticmethod
    def check(call: Call, spider: PlatformSpider) -> None:
        """Raises NotNow if the run ends, or the credential must not be used any more."""
        if spider.ending.is_set() or not spider.credentials.may_send(call.budget):
            raise NotNow(call.budget)

    def is_late(self, slot: Slot, budget: str, rate: float) -> bool:
        """Whether the request would leave so long after its slot began that it would crowd those of other processes."""
        return max(monotonic(), self.next_at[budget]) - slot.begins_at > max(LATE_SECONDS, 0.5 / rate)

    async def pace(self, budget: str, spider: PlatformSpider) -> None:
        """Keep a distance between requests, so that those that a busy processor delayed do not leave all at once."""
        leaves_at = max(monotonic(), self.next_at[budget])
        self.next_at[budget] = leaves_at + 1 / (HASTE * spider.access.rate)
        await self.sleep_until(leaves_at, spider.ending)

    @staticmethod
    async def sleep_until(moment: float, ending: asyncio.Event) -> None:
        delay = moment - monotonic()
        if delay > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), delay)


class Note:
    """Whether the database knows that a request about these links is about to leave: they are charged a try if the
    process dies now.
    """

    def __init__(self, ledger: Ledger, link_ids: Sequence[int]) -> None:
        self.ledger = ledger
        self.link_ids = link_ids
        self.made = False

    async def make(self) -> None:
        if not self.made:
            await self.ledger.sending(self.link_ids)
            self.made = True

    async def take_back(self) -> None:
        if self.made:
            self.made = False
            await self.ledger.not_sending(self.link_ids)
