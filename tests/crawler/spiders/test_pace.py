"""A spider that was held up makes up for it at little more than its rate: VK counts requests in a second."""

import signal
import time

import pytest

from tests.bench import posts, spider
from tests.bench.budget import worst_window
from tests.seed import seed

pytestmark = pytest.mark.process

RATE = 20
CALLS = 50


def test_requests_whose_slots_passed_do_not_leave_all_at_once(engine, database_url, vk):
    vk.reset()
    vk.set(latency=0.1)
    run = seed(engine, posts.keys(1, 100 * CALLS))
    with spider.begin(database_url, vk, run, "standin-service", RATE) as process:
        while len(arrivals(vk)) < RATE:
            time.sleep(0.05)
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)  # as a busy machine does, for less
        process.send_signal(signal.SIGCONT)
        assert process.wait(30) == 0
    times = arrivals(vk)
    assert len(times) >= CALLS
    assert worst_window(times) <= 1.3 * RATE, "all that waited left at once"


def arrivals(vk):
    return sorted(entry["time"] for entry in vk.journal() if entry["method"] == "wall.getById")
