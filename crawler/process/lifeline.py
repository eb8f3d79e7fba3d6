"""Ends a process when the process that started it ends, however that happens.

Standard input must be a pipe whose other end only the starter holds. The system closes it even after `kill -9`.
"""

import os
import signal
from collections.abc import Callable
from threading import Thread
from time import sleep

STANDARD_INPUT = 0
STOP_SECONDS = 3.5  # the time that the supervisor's children have to stop before they are killed
SPIDERS_STOP_SECONDS = STOP_SECONDS - 1  # the part of it that scrapyd gives its spiders


def end_with_parent(ending: signal.Signals, patience: float, heard: Callable[[bytes], None] | None = None) -> None:
    """Send this process the signal `ending` when its standard input ends, and SIGKILL `patience` seconds later.

    Another thread passes what comes in before that to `heard`, in pieces.
    """
    Thread(target=_watch, args=(ending, patience, heard), name="lifeline", daemon=True).start()


def _watch(ending: signal.Signals, patience: float, heard: Callable[[bytes], None] | None) -> None:
    while words := os.read(STANDARD_INPUT, 65_536):
        if heard:
            heard(words)
    os.kill(os.getpid(), ending)
    sleep(patience)
    os.kill(os.getpid(), signal.SIGKILL)
