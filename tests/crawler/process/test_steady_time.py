"""In a process of its own, for there is one reactor in each and its clock has to be set."""

import os
import subprocess
import sys

import pytest

from tests.chaos.test_clocks import LIBRARIES
from tests.checkout import ROOT

PROGRAM = """
import pathlib, sys, time
from twisted.internet import reactor
from crawler.process import steady_time

offset = pathlib.Path(sys.argv[1])
if sys.argv[2] == "steady":
    steady_time.install(reactor)
reactor.callLater(0.5, reactor.stop)
before = time.time()
offset.write_text("-3600\\n")
assert time.time() < before - 3000
reactor.run()
"""


@pytest.mark.process
@pytest.mark.parametrize(("kind", "ends"), [("steady", True), ("as Twisted has it", False)])
def test_what_is_planned_happens_though_the_clock_is_set_back(tmp_path, kind, ends):
    if not LIBRARIES:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("libfaketime is not installed")
    offset = tmp_path / "offset"
    offset.write_text("+0\n")
    fake = {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    command = [sys.executable, "-c", PROGRAM, str(offset), kind]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | fake) as process:
        try:
            assert process.wait(60 if ends else 8) == 0
            assert ends
        except subprocess.TimeoutExpired:
            assert not ends
        finally:
            process.kill()
