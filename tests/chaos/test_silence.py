"""VK says nothing at all for a while, then comes back."""

import os
import signal
import time

import pytest

from tests.chaos import invariants
from tests.chaos.extent import ALL
from tests.chaos.site import site

pytestmark = pytest.mark.process

SILENT_SECONDS = 120 if ALL else 10
BACK_SECONDS = 180


@pytest.fixture
def here(tmp_path, empty_url):
    with site(tmp_path, empty_url) as started:
        yield started


def test_everything_is_measured_three_minutes_later(here, anna, batch):
    here.vk.set(latency=0.5)
    anna.submit(batch(899))
    here.until(here.working, "working")
    os.kill(here.vk.process.pid, signal.SIGSTOP)
    anna.submit(batch())
    time.sleep(SILENT_SECONDS)
    os.kill(here.vk.process.pid, signal.SIGCONT)
    here.until(lambda: not anna.open(), "finished", BACK_SECONDS)
    invariants.check(here, [anna])
