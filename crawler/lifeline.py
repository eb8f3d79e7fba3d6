"""Ends a process with the one that started it, however that one ended.

Standard input must be a pipe whose other end only the starter holds: the system closes it even after `kill -9`.
"""

import os
import signal
from threading import Thread
from time import sleep

STANDARD_INPUT = 0


def hold(ending: signal.Signals, patience: float) -> None:
    """Send this process the signal `ending` when its standard input ends, and SIGKILL `patience` seconds later."""
    Thread(target=_watch, args=(ending, patience), name="lifeline", daemon=True).start()


def _watch(ending: signal.Signals, patience: float) -> None:
    while os.read(STANDARD_INPUT, 4096):
        pass
    os.kill(os.getpid(), ending)
    sleep(patience)
    os.kill(os.getpid(), signal.SIGKILL)
