"""How many streams one user, and all users together, may have open at once.

An open stream costs memory, and time of the threads for streams whenever its reader has taken what was sent.
"""

from collections import Counter
from collections.abc import Callable
from threading import Lock

from flask import Flask, current_app

from control.errors import Busy, TooManyRequests

LISTS, FILES = "lists", "files"  # kinds of streams: files take more processor time
MOST = {LISTS: (4, 32), FILES: (2, 4)}  # of one user, and of all
RETRY_SECONDS = 5
EXTENSION = "open_streams"  # its key among the app's extensions


class OpenStreams:
    def __init__(self, of_one: int, of_all: int) -> None:
        self.of_one, self.of_all = of_one, of_all
        self.lock = Lock()
        self.open: Counter[str] = Counter()

    def begin(self, user: str) -> None:
        """Count a stream of a user's. Raises TooManyRequests or Busy."""
        with self.lock:
            if self.open[user] >= self.of_one:
                raise TooManyRequests(
                    f"You have {self.of_one} long answers under way: read them to their end first.", RETRY_SECONDS
                )
            if self.open.total() >= self.of_all:
                raise Busy("Too many long answers are under way: come again in a moment.", RETRY_SECONDS)
            self.open[user] += 1

    def end(self, user: str) -> None:
        with self.lock:
            self.open[user] -= 1
            if not self.open[user]:
                del self.open[user]


def install(app: Flask) -> None:
    app.extensions[EXTENSION] = {kind: OpenStreams(*most) for kind, most in MOST.items()}


def begin(user: str, kind: str = LISTS) -> Callable[[], None]:
    """Count a stream of a user's and return the function to call at its end. Raises TooManyRequests or Busy."""
    streams: OpenStreams = current_app.extensions[EXTENSION][kind]
    streams.begin(user)
    return lambda: streams.end(user)
