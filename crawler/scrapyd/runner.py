"""What scrapyd starts for each run: the `scrapy` command, which ends when scrapyd dies instead of working on unseen."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until Scrapy has a handler: an early end is no traceback

from scrapy.cmdline import execute  # noqa: E402

from crawler import lifeline  # noqa: E402

PATIENCE_SECONDS = 1.0

if __name__ == "__main__":
    lifeline.hold(signal.SIGINT, PATIENCE_SECONDS)
    execute()
