"""Every Python process on the stepped clock loads this (by PYTHONPATH): a sleep lasts as long as it is asked for.

`time.sleep` waits for a moment of the monotonic clock, which libfaketime 0.9.10 takes for one of the clock that it
moves: the sleep fails or ends at once. A wait with a timeout lasts a span, and that stays right.
"""

import select
import time


def sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = sleep
