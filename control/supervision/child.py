"""What the supervisor starts: `python -m control.supervision.child <module> …` runs a module as `python -m <module> …`
would.

In a session of its own, so that Ctrl-C in a terminal reaches the supervisor only, which then stops everything in order;
and no longer than the supervisor lives, which holds the other end of its standard input.
"""

import os
import runpy
import signal
import sys

from crawler.process import lifeline

if __name__ == "__main__":
    os.setsid()
    lifeline.end_with_parent(signal.SIGTERM, lifeline.STOP_SECONDS)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
