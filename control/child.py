"""`python -m control.child <module> …`: a module as a process that ends with its supervisor.

In a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone, which stops things in order.
"""

import os
import runpy
import signal
import sys

from crawler import lifeline

PATIENCE_SECONDS = 4.0

if __name__ == "__main__":
    os.setsid()
    lifeline.hold(signal.SIGTERM, PATIENCE_SECONDS)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
