"""The stepped clock itself: every process reads it, each step at once, and spans of time stay what they are."""

import subprocess
import sys

import pytest

from tests.clock.stepped import SteppedClock
from tests.vk_standin.growth import DAY, MONTH

PROGRAM = """
import sys, threading, time
for _ in sys.stdin:
    begin = time.monotonic()
    time.sleep(0.05)
    threading.Event().wait(0.05)
    print(time.time(), time.monotonic() - begin, flush=True)
"""


@pytest.fixture
def clock(tmp_path):
    return SteppedClock(tmp_path, MONTH)


@pytest.mark.process
def test_processes_follow_each_step_and_sleep_as_long_as_they_are_asked_to(clock):
    command = [sys.executable, "-c", PROGRAM]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(command, env=clock.environment, **pipes) as process:
        for moment in (MONTH, MONTH + 30 * DAY, MONTH + 31 * DAY):
            clock.step_to(moment)
            print(file=process.stdin, flush=True)
            now, slept = map(float, process.stdout.readline().split())
            assert moment - 1 <= now <= clock.now()
            assert slept >= 0.09
        process.stdin.close()
