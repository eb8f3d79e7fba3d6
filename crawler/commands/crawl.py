"""`scrapy crawl`, for scrapyd's runs and for people: links on the command line, progress, a table, an exit code."""

import argparse
import logging
import os
from pathlib import Path
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.commands import crawl
from scrapy.exceptions import UsageError

from crawler import adhoc, platforms
from crawler.items import COUNTS, Row

ARGUMENTS = {"run", "links", "_job"}  # scrapyd adds _job, its name for the run


class Command(crawl.Command):
    """Exit codes of ad-hoc runs: 0 every link done, 1 some failed, 2 wrong arguments. A run of scrapyd's exits 0."""

    def syntax(self) -> str:
        return 'vk_views -a links="URL URL" | -a links=@file.txt | -a links=- [-O out.csv | -O out.json]'

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        self.check(args, opts.spargs)
        assert self.settings is not None
        if "run" in opts.spargs:
            self.settings.set("LOG_FORMAT", log_format(opts.spargs["run"]), priority="spider")
        else:
            self.settings.set("LOG_LEVEL", "WARNING", priority="spider")  # above the project's, below -L
            for uri, feed in self.settings.getdict("FEEDS").items():
                check_writable(str(uri))
                feed |= {"item_classes": [Row], "fields": ["link", *COUNTS, "reason"]}

    def check(self, args: list[str], spargs: dict[str, str]) -> None:
        """Refuse wrong arguments before anything starts."""
        spiders = {f"{name}_views": platform for name, platform in platforms.known().items()}
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
            self.run_ad_hoc(args[0], read(opts.spargs["links"]))

    def run_ad_hoc(self, spider: str, links: list[str]) -> None:
        from crawler import terminal  # noqa: PLC0415 - 2 MB that no run of scrapyd's needs

        assert self.crawler_process is not None
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").setLevel(logging.CRITICAL)  # the table says it
        with adhoc.private_run(spider.removesuffix("_views"), links) as (engine, run_id):
            with terminal.bar() as progress:
                crawler = self._create_crawler(spider)
                task = progress.add_task("measured", total=sum(row.reason is None for row in adhoc.rows(engine)))
                watch = terminal.Watch(progress, task)
                crawler.signals.connect(watch.saved, signals.item_scraped)
                self.crawler_process.crawl(crawler, run=run_id, engine=engine)
                self.crawler_process.start()
            rows = adhoc.rows(engine)
        terminal.show(rows)
        self.exitcode = int(self.crawler_process.bootstrap_failed or any(row.reason for row in rows))


def check_writable(uri: str) -> None:
    """Refuse a file that cannot be written now, and not after the work is done."""
    if urlsplit(uri).scheme:
        return
    try:
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
        Path(uri).open("ab").close()
    except OSError as error:
        refuse(f"{uri}: {error.strerror}")


def log_format(run_id: str) -> str:
    """Scrapy's own, with the run in every line."""
    return f"%(asctime)s [%(name)s] %(levelname)s: run={run_id.replace('%', '%%')} %(message)s"


def refuse(problem: str) -> None:
    raise UsageError(problem, print_help=False)


def read(argument: str) -> list[str]:
    try:
        return adhoc.links(argument)
    except (ValueError, OSError) as error:
        raise UsageError(f"links={argument}: {error}", print_help=False) from None
