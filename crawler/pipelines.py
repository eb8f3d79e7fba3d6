"""From items to rows."""

from typing import Self

from scrapy.crawler import Crawler

from crawler.items import Results
from crawler.spiders.platform_spider import PlatformSpider


class SaveReadings:
    """Writes an answer's results in one transaction, which is fenced by the run. A failure ends the run and loses
    nothing, because its links go back into the queue.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Results) -> Results:
        spider = self.crawler.spider
        assert isinstance(spider, PlatformSpider)
        await spider.ledger.save(item.results)
        return item
