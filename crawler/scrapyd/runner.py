"""What scrapyd starts for each run: the `scrapy` command, which ends when scrapyd dies instead of working on unseen.

With arguments it runs at once; without any it is a spare, which gets them later.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until Scrapy has a handler: an early end is no traceback

import atexit  # noqa: E402
import gc  # noqa: E402
import sys  # noqa: E402
from queue import SimpleQueue  # noqa: E402

from crawler import lifeline, memory  # noqa: E402

PATIENCE_SECONDS = 1.0

heard: SimpleQueue[bytes] = SimpleQueue()
if __name__ == "__main__":  # before the imports that take long: scrapyd may die meanwhile
    lifeline.hold(signal.SIGINT, PATIENCE_SECONDS, heard.put)
    memory.give_back()
    # Scrapy's itemadapter loads it where it is there, for a kind of items that we have none of: 8 MB and 0.1 s.
    # https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules["pydantic"] = None  # type: ignore[assignment]

from scrapy.cmdline import execute  # noqa: E402

from crawler.scrapyd import warmth  # noqa: E402

if __name__ == "__main__":
    atexit.register(gc.freeze)  # what is left at the end is not searched for garbage: the slot is free 0.3 s earlier
    if not sys.argv[1:]:
        sys.argv += warmth.wait(heard.get)
    execute()
