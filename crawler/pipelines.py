"""From items to rows."""

from typing import Self

from scrapy.crawler import Crawler

from crawler.items import Results, Row
from crawler.spider import PlatformSpider


class SaveReadings:
    """Writes an answer's results in one transaction, fenced by the run. A failure ends the run, which loses nothing:
    its links go back into the queue.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Results | Row) -> Results | Row:
        if isinstance(item, Results):
            spider = self.crawler.spider
            assert isinstance(spider, PlatformSpider)
            await spider.ledger.save(item.results)
        return item
