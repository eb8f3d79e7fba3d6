"""Every Python process of a system under test loads this (by PYTHONPATH): those of one kind live in another hour.

VIEWS_TEST_CLOCK holds a module, an offset such as `+1h`, and libfaketime, which has to be there before a process
starts: such a process starts itself anew. Its monotonic clock, which tells spans of time, stays right.
"""

import os
import sys

module, offset, library = os.environ["VIEWS_TEST_CLOCK"].split()
if module in sys.orig_argv and "FAKETIME" not in os.environ:
    fake = {"LD_PRELOAD": library, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    os.execve(sys.orig_argv[0], sys.orig_argv, os.environ | fake)
