"""What scrapyd starts for each run: the `scrapy` command, as a process that ends when scrapyd dies.

With arguments it runs at once. Without any it is a spare, which gets its arguments later.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # until Scrapy sets its handler, so that an early end prints no traceback

import atexit  # noqa: E402
import gc  # noqa: E402
import sys  # noqa: E402
from queue import SimpleQueue  # noqa: E402

from crawler.process import lifeline, memory  # noqa: E402

PATIENCE_SECONDS = 1.0

heard: SimpleQueue[bytes] = SimpleQueue()
if __name__ == "__main__":  # before the slow imports, because scrapyd may die meanwhile
    lifeline.end_with_parent(signal.SIGINT, PATIENCE_SECONDS, heard.put)
    memory.give_back()
    memory.pause_collector()
    memory.leave_out("pydantic")  # Scrapy's itemadapter would import it, and we have no items that need it

from scrapy.cmdline import execute  # noqa: E402

from crawler.scrapyd import warm_start  # noqa: E402
from crawler.settings import SPIDER_MEMORY_MIB  # noqa: E402

if __name__ == "__main__":
    memory.limit(SPIDER_MEMORY_MIB)
    atexit.register(gc.freeze)  # spares a last search for garbage, so that the slot is free earlier
    if not sys.argv[1:]:
        sys.argv += warm_start.wait(heard.get)
    memory.resume_collector()
    execute()
