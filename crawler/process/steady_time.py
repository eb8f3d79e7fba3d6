"""A steady clock for Twisted's reactor.

Twisted plans later calls by the host's clock. If that clock were set back by an hour, they would come an hour late.
"""

import time
from typing import Any


def install(reactor: Any) -> None:
    """Let the reactor read the monotonic clock, which nobody can set. It begins with the present time."""
    begin = time.time() - time.monotonic()
    reactor.seconds = lambda: begin + time.monotonic()
