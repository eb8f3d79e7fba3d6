"""The guard in processes of its own, for it ends them."""

import os
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.checkout import ROOT

pytestmark = pytest.mark.process

BEGIN = """
import time
from crawler.run.lease_guard import LeaseGuard

guard = LeaseGuard(0.5)
guard.watch()
"""
HANG = "time.sleep(30)"
HOLD = """
for _ in range(12):
    with guard.held():
        time.sleep(0.1)
"""
RELEASE = """
guard.release()
time.sleep(1)
"""
FAIL = """
while True:
    try:
        with guard.held():
            time.sleep(0.1)
            raise OSError("no database")
    except OSError:
        pass
"""


def run(program, stderr=subprocess.PIPE):
    command = [sys.executable, "-c", BEGIN + program]
    return subprocess.run(command, cwd=ROOT, stderr=stderr, text=True, timeout=20, check=False)


@pytest.mark.parametrize("program", [HANG, HOLD + HANG, FAIL], ids=["from the start", "after a while", "in vain"])
def test_who_cannot_hold_the_lease_ends_and_says_why(program):
    ended = run(program)
    assert ended.returncode == os.EX_TEMPFAIL
    assert ended.stderr == "No lease for 0.5 s: the database did not answer, or this process was stopped\n"


def test_who_holds_it_goes_on_and_so_does_who_has_no_run_any_more():
    ended = run(HOLD + RELEASE)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_it_ends_though_nobody_reads_what_it_says():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    try:
        assert run(HANG, stderr=writer).returncode == os.EX_TEMPFAIL
    finally:
        os.close(reader)
        os.close(writer)
