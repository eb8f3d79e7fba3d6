"""The gates before the network."""

import asyncio
from collections import defaultdict
from time import monotonic
from typing import Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.http import Request

from crawler.exceptions import NotNow, Paused
from crawler.platforms.contract import Call
from crawler.spider import LedAway, PlatformSpider

HASTE = 1.05  # of the rate, at most: so much of it what was held up makes up for


class SameOriginMiddleware:
    """Follows redirects within scheme, host and port only. Before the middleware that would ask for a robots.txt there;
    that file's own redirects pass here as well.
    """

    def process_request(self, request: Request) -> None:
        first = request.meta.get("redirect_urls", [request.url])[0]
        if origin(request.url) != origin(first):
            raise LedAway(origin(request.url))


def origin(url: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))


class BudgetMiddleware:
    """Holds a platform's request until its slot comes. Requests without a `call`, such as robots.txt, pass."""

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

    async def admit(self, call: Call, spider: PlatformSpider) -> None:
        """Return when the request may leave, and that is noted in the database."""
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
        """Keep a distance: those whose slots passed by while the processor was busy do not leave all at once."""
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
