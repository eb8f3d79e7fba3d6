"""`scrapy crawl`, for scrapyd's runs and for people: links on the command line, progress, a table, an exit code."""

import argparse
import logging
import os
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy import Spider, signals
from scrapy.commands import crawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from sqlalchemy import Engine

from crawler import platforms
from crawler.adhoc import given_links, private_run
from crawler.adhoc.given_links import Given
from crawler.items import Row
from crawler.platforms.contract import COUNTS
from crawler.run.log_lines import log_format
from crawler.spreadsheets.writing.columns import OWN
from crawler.store import database

logger = logging.getLogger(__name__)

ARGUMENTS = {"run", "links", "_job"}  # scrapyd adds _job, its name for the run


class Command(crawl.Command):
    """Exit codes of ad-hoc runs: 0 every link done, 1 some failed, 2 wrong arguments. A job of scrapyd's exits 0."""

    def syntax(self) -> str:
        return 'vk_views -a links="URL URL" | -a links=@file.xlsx | -a links=- [-O out.xlsx | -O out.csv | -O out.json]'

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        self.check(args, opts.spargs)
        assert self.settings is not None
        if "run" in opts.spargs:
            self.settings.set("LOG_FORMAT", log_format(opts.spargs["run"]), priority="spider")
        else:
            if "_job" not in opts.spargs:  # at a terminal the table says it; scrapyd's console shows the log
                self.settings.set("LOG_LEVEL", "WARNING", priority="spider")  # above the project's, below -L
            self.given = read(args[0], opts.spargs)
            self.settings.set("FEEDS", self.feeds(), priority="cmdline")

    def feeds(self) -> dict[str, Any]:
        """Return the files that were asked for, with the columns that they get: own ones stand first."""
        assert self.settings is not None
        feeds = self.settings.getdict("FEEDS")
        fields = [*([OWN] if self.given.has_own else []), "link", *COUNTS, "reason"]
        for uri, feed in feeds.items():
            check_writable(str(uri))
            if feed["format"] == "xlsx" and not feed.get("overwrite"):
                refuse(f"{uri}: nothing can be appended to an XLSX: write it with -O")
            feed |= {"item_classes": [Row], "fields": fields}
        return dict(feeds)

    def check(self, args: list[str], spargs: dict[str, str]) -> None:
        """Refuse wrong arguments before anything starts."""
        spiders = {platforms.spider_of(name): platform for name, platform in platforms.known().items()}
        if len(args) != 1 or args[0] not in spiders:
            refuse(f"name one spider of: {', '.join(spiders)}")
        if unknown := spargs.keys() - ARGUMENTS:
            refuse(f"there is no argument {min(unknown)!r}")
        if ("links" in spargs) == ("run" in spargs):
            refuse("give links, or (scrapyd does) a run")
        try:
            spiders[args[0]].access(os.environ)
        except ValueError as error:
            refuse(str(error))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if "run" in opts.spargs:
            super().run(args, opts)
        else:
            self.run_ad_hoc(args[0], by_scrapyd="_job" in opts.spargs)

    def run_ad_hoc(self, spider: str, *, by_scrapyd: bool) -> None:
        from crawler.adhoc import table  # noqa: PLC0415 - it needs memory, and no run of scrapyd's needs it

        assert self.crawler_process is not None
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").setLevel(logging.CRITICAL)  # the table says it
        if self.given.rows_without_link:
            logger.warning("Rows of the file that have no link and are left out: %d", self.given.rows_without_link)
        with private_run.private_run(platforms.platform_of(spider), self.given.links) as (engine, run_id):
            with table.bar() as progress:
                crawler = self._create_crawler(spider)
                task = progress.add_task("measured", total=sum(row.reason is None for row in private_run.rows(engine)))
                watch = table.Watch(progress, task)
                crawler.signals.connect(watch.saved, signals.item_scraped)
                files = Files(crawler, engine, self.given)
                crawler.signals.connect(files.fill, signals.spider_closed)
                budgets = database.create() if by_scrapyd else None  # it works beside the system's own runs
                self.crawler_process.crawl(crawler, run=run_id, engine=engine, budgets=budgets)
                self.crawler_process.start()
            rows = private_run.rows(engine)
        if by_scrapyd:
            logger.info("Measured:\n%s", table.text(rows))
        else:
            table.show(rows)
            self.exitcode = int(self.crawler_process.bootstrap_failed or any(row.reason for row in rows))


class Files:
    """Writes the rows into the files that were asked for when the spider closes, even if somebody stopped it."""

    def __init__(self, crawler: Crawler, engine: Engine, given: Given) -> None:
        self.crawler = crawler
        self.engine = engine
        self.given = given

    def fill(self, spider: Spider) -> None:
        """Hand the rows over before Scrapy, which connected later, writes the files' ends."""
        for row, own in zip(private_run.rows(self.engine), self.given.own or repeat({}), strict=False):
            item = replace(row, own=own)
            self.crawler.signals.send_catch_log(signals.item_scraped, item=item, response=None, spider=spider)


def check_writable(uri: str) -> None:
    """Refuse a file that cannot be written before any work is done."""
    if urlsplit(uri).scheme:
        return
    try:
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
        Path(uri).open("ab").close()
    except OSError as error:
        refuse(f"{uri}: {error.strerror}")


def refuse(problem: str) -> None:
    raise UsageError(problem, print_help=False)


def read(spider: str, spargs: dict[str, str]) -> Given:
    """Read the links. An order at scrapyd has to give them literally, because its sender may not read our files."""
    argument = spargs["links"]
    if "_job" in spargs and not given_links.is_literal(argument):
        refuse("through scrapyd links are given literally")
    try:
        return given_links.read(argument, platforms.platform_of(spider))
    except (ValueError, OSError) as error:
        raise UsageError(f"links={argument!r}: {error}", print_help=False) from None
