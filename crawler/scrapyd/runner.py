"""What scrapyd starts for each run: the `scrapy` command, which ends when scrapyd dies instead of working on unseen."""

import signal

from scrapy.cmdline import execute

from crawler import lifeline

PATIENCE_SECONDS = 1.0

if __name__ == "__main__":
    lifeline.hold(signal.SIGINT, PATIENCE_SECONDS)
    execute()
