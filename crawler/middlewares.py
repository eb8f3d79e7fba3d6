"""What a request has to pass before it goes to the network: the redirects that are allowed, and the rate."""

import asyncio
from collections import defaultdict
from collections.abc import Container
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.http import Request

from crawler.exceptions import NotNow, Paused
from crawler.platforms.contract import Call
from crawler.run.unanswered import LedAway
from crawler.spiders.platform_spider import PlatformSpider

HASTE = 1.05  # delayed requests may leave at this multiple of the rate until they have caught up


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
        link_ids = spider.pool.link_ids(call)
        delay = 0.0 if spider.ending.is_set() else await spider.ledger.slot(call.budget, spider.access.rate, link_ids)
        if delay:
            await self.sleep(delay, spider.ending)
        if spider.ending.is_set() or not spider.credentials.may_send(call.budget):
            raise NotNow(call.budget)
        if delay:
            await spider.ledger.sending(link_ids)
        await self.pace(call.budget, spider)

    async def pace(self, budget: str, spider: PlatformSpider) -> None:
        """Keep a distance between requests, so that those that a busy processor delayed do not leave all at once."""
        now = monotonic()
        leaves_at = max(now, self.next_at[budget])
        self.next_at[budget] = leaves_at + 1 / (HASTE * spider.access.rate)
        if leaves_at > now:
            await self.sleep(leaves_at - now, spider.ending)

    @staticmethod
    async def sleep(delay: float, ending: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(ending.wait(), delay)
        except TimeoutError:
            return
