"""The life of runs, tied to the life of their spider."""

import asyncio
import gc
import logging
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from sqlalchemy.exc import SQLAlchemyError
from twisted.python.failure import Failure

from crawler.exceptions import Fenced
from crawler.process import steady_time
from crawler.queue.lease import BEATS
from crawler.spiders.platform_spider import BROKEN, PlatformSpider

logger = logging.getLogger(__name__)


class RunLifecycle:
    """Takes the run when the spider opens, renews its lease while it works, and settles it however the spider closes.

    If another process has the run, or the run is over, the spider closes at once: scrapyd may start one job twice.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.owner = crawler.settings["RUN_OWNER"]
        self.every = crawler.settings.getfloat("LEASE_SECONDS") / BEATS
        self.beating: asyncio.Task[None] | None = None
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.saved, signals.item_scraped)
        crawler.signals.connect(self.unsaved, signals.item_error)
        crawler.signals.connect(self.broke, signals.spider_error)
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def opened(self, spider: PlatformSpider) -> None:
        from twisted.internet import reactor  # noqa: PLC0415 - Scrapy has chosen one by now

        steady_time.install(reactor)
        gc.freeze()  # what is loaded by now stays, so the collector need not search it again and again
        if spider.engine is None:  # nobody else can take over an ad-hoc run
            spider.ledger.guard.watch()
        batch = await spider.ledger.start(self.owner)
        spider.won = batch is not None
        if batch is not None:
            self.beating = asyncio.create_task(self.beat(spider))
            spider.work_on(spider.run, batch)
        else:
            spider.ledger.guard.release()
            logger.warning("Run %s is not to be had: it was started before, or is over", spider.run)

    async def beat(self, spider: PlatformSpider) -> None:
        while not spider.ending.is_set():
            await asyncio.sleep(self.every)
            try:
                await spider.ledger.beat()
            except Fenced:
                spider.end("fenced")
            except SQLAlchemyError as error:
                logger.warning("No heartbeat: %s", type(error).__name__)

    def saved(self, item: Any, spider: PlatformSpider) -> None:
        spider.saved(item)

    def unsaved(self, item: Any, spider: PlatformSpider) -> None:
        spider.saved(item)
        spider.end("unsaved")

    def broke(self, failure: Failure, spider: PlatformSpider) -> None:
        """End the run after an answer that could not be processed. It would count as in flight for ever."""
        spider.broke(failure.value)

    async def closed(self, spider: PlatformSpider, reason: str) -> None:
        if self.beating is None:
            return
        self.beating.cancel()
        if reason == BROKEN:
            return  # without settling: the lost run charges its links, or their answer would break runs for ever
        if alarm := spider.layout_alarm.alarm():
            logger.error("%s", alarm)
        try:
            await spider.ledger.settle(reason, alarm)
        except Fenced:
            logger.warning("Run %s was taken from us: cancelled, or silent for longer than its lease", spider.run)
