"""A spider that was held up makes up for it at little more than its rate: VK counts requests in a second."""

import signal
import subprocess
import sys
import time
from bisect import bisect_left

from tests.bench import posts
from tests.checkout import ROOT
from tests.seed import seed
from tests.system import clean_environment

RATE = 20
CALLS = 50
COMMAND = [sys.executable, "-m", "crawler.scrapyd.runner", "crawl", "vk_views", "-L", "ERROR", "-a"]


def test_requests_whose_slots_passed_do_not_leave_all_at_once(engine, database_url, vk):
    vk.reset()
    vk.set(latency=0.1)
    run = seed(engine, posts.keys(1, 100 * CALLS))
    settings = vk.environment() | {"VK_TOKENS": "standin-service", "VK_REQUESTS_PER_SECOND": str(RATE)}
    environment = clean_environment() | settings | {"SQLALCHEMY_DATABASE_URL": database_url}
    with subprocess.Popen([*COMMAND, f"run={run}"], cwd=ROOT, env=environment, stdin=subprocess.PIPE) as spider:
        while len(arrivals(vk)) < RATE:
            time.sleep(0.05)
        spider.send_signal(signal.SIGSTOP)
        time.sleep(1.5)  # as a busy machine does, for less
        spider.send_signal(signal.SIGCONT)
        assert spider.wait(30) == 0
    times = arrivals(vk)
    assert len(times) >= CALLS
    most = max(bisect_left(times, at + 1) - place for place, at in enumerate(times))
    assert most <= 1.3 * RATE, "all that waited left at once"


def arrivals(vk):
    return sorted(entry["time"] for entry in vk.journal() if entry["method"] == "wall.getById")
