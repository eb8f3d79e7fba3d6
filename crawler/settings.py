"""Scrapy's settings. A comment gives Scrapy's own default where ours differs, and then the reason."""

import os

from scrapy.settings import default_settings

from crawler.process import environment
from crawler.queue import lease
from crawler.store.models.base import random_id

BOT_NAME = "views-stats"
SPIDER_MODULES = ["crawler.spiders"]
COMMANDS_MODULE = "crawler.commands"  # our `crawl`: exit codes, table and progress of ad-hoc runs

LEASE_SECONDS = lease.seconds()
RUN_OWNER = random_id()  # this process in the runs that it wins, unless whoever started it gave it another id
RUNS_PER_PROCESS = environment.number("RUNS_PER_PROCESS", 200, 10_000)  # one after the other; 0: no limit
WARM_SPARES = environment.number("WARM_SPARES", 2, 100)  # processes that a scrapyd keeps ready for the next jobs
SPIDER_MEMORY_MIB = environment.number("SPIDER_MEMORY_MIB", 512, 1024 * 1024, least=256)  # of a run; 0: no limit

USER_AGENT = os.environ.get("USER_AGENT") or "views-stats (counts the views of posts for those who placed them)"
ROBOTSTXT_OBEY = environment.switch("ROBOTSTXT_OBEY", default=True)  # False
ROBOTSTXT_PARSER = "crawler.robots.RobotParser"  # ProtegoRobotParser

DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.SameSiteMiddleware": 90,  # before the one of robots.txt
    "crawler.middlewares.BudgetMiddleware": 1000,  # the last one before the network
}
ITEM_PIPELINES = {"crawler.pipelines.SaveReadings": 300}
EXTENSIONS = {"crawler.extensions.RunLifecycle": 0}

# Scrapy also loads parts that are switched off, and all that they import, which costs every process memory and time.
_UNUSED = ("remote_control", "telnet", "cookies", "httpcache")
EXTENSIONS_BASE, DOWNLOADER_MIDDLEWARES_BASE = (
    {name: place for name, place in base.items() if not any(word in name for word in _UNUSED)}
    for base in (default_settings.EXTENSIONS_BASE, default_settings.DOWNLOADER_MIDDLEWARES_BASE)
)

CONCURRENT_REQUESTS = 32  # 16; requests that wait for their slot count too
CONCURRENT_ITEMS = 1  # 100, which makes a task for each; all that an answer says is one item
CONCURRENT_REQUESTS_PER_DOMAIN = 16  # 8
DOWNLOAD_TIMEOUT = 15  # 180
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024  # 1 GiB; VK caps an answer at 5 MB (negezor/vk-io#447)
DOWNLOAD_WARNSIZE = 0  # 32 MiB
DOWNLOAD_VERIFY_CERTIFICATES = True  # False; our requests carry a token
TWISTED_DNS_RESOLVER = "crawler.resolver.PublicResolver"  # CachingThreadedResolver
DOWNLOAD_HANDLERS = {
    "http": "crawler.download.Handler",
    "https": "crawler.download.Handler",
    **dict.fromkeys(("data", "file", "ftp", "s3")),  # links name posts, never files
}
REDIRECT_MAX_TIMES = 3  # 20
METAREFRESH_ENABLED = False  # True
RETRY_ENABLED = False  # True; we retry through the queue, so that every attempt takes a slot of the budget
COOKIES_ENABLED = False  # True
HTTPPROXY_ENABLED = False  # True: proxies from the environment
TELNETCONSOLE_ENABLED = False  # True: runs Python for whoever knows its password
REMOTE_CONTROL_ENABLED = False  # True: an HTTP server that runs Python
CLOSESPIDER_TIMEOUT = 3600  # 0: never; the batch of a run that long is dispatched again

FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORTERS = {  # text stays text in a spreadsheet
    "csv": "crawler.adhoc.exporters.CsvExporter",
    "xlsx": "crawler.adhoc.exporters.XlsxExporter",
}
LOG_LEVEL = "INFO"  # DEBUG
