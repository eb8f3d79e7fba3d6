"""Ends a process with the one that started it, however that one ended.

Standard input must be a pipe whose other end only the starter holds: the system closes it even after `kill -9`.
"""

import os
import signal
from collections.abc import Callable
from threading import Thread
from time import sleep

STANDARD_INPUT = 0


def hold(ending: signal.Signals, patience: float, heard: Callable[[bytes], None] | None = None) -> None:
    """Send this process the signal `ending` when its standard input ends, and SIGKILL `patience` seconds later.

    Whatever comes in before is `heard`, in pieces, by another thread.
    """
    Thread(target=_watch, args=(ending, patience, heard), name="lifeline", daemon=True).start()


def _watch(ending: signal.Signals, patience: float, heard: Callable[[bytes], None] | None) -> None:
    while words := os.read(STANDARD_INPUT, 65_536):
        if heard:
            heard(words)
    os.kill(os.getpid(), ending)
    sleep(patience)
    os.kill(os.getpid(), signal.SIGKILL)
