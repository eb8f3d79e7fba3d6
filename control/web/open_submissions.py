"""One submission of each user at a time, because reading and storing links keeps the processor and a thread busy.

Submissions are counted in this process's memory, as in `control.web.rate_limits`.
"""

from collections import Counter
from threading import Condition

from flask import Flask, current_app, g, request

from control.errors import TooManyRequests
from control.web import rate_limits
from control.web.auth import caller

WAITING_OF_ONE = 3
WAITING_OF_ALL = 4  # half of the threads for writes, so that others are left for requests that need not wait
PATIENCE_SECONDS = 30.0
RETRY_SECONDS = 1
EXTENSION = "open_submissions"  # its key among the app's extensions


class OpenSubmissions:
    def __init__(self) -> None:
        self.changed = Condition()
        self.working: set[str] = set()
        self.waiting: Counter[str] = Counter()

    def begin(self, user: str) -> None:
        """Wait until no other submission of the user is under way. Raises TooManyRequests."""
        with self.changed:
            if user in self.working and not self._await_turn(user):
                raise TooManyRequests(
                    "Other submissions of yours are under way: send one after the other.", RETRY_SECONDS
                )
            self.working.add(user)

    def end(self, user: str) -> None:
        with self.changed:
            self.working.discard(user)
            self.changed.notify_all()

    def _await_turn(self, user: str) -> bool:
        if self.waiting[user] >= WAITING_OF_ONE or self.waiting.total() >= WAITING_OF_ALL:
            return False
        self.waiting[user] += 1
        try:
            return self.changed.wait_for(lambda: user not in self.working, PATIENCE_SECONDS)
        finally:
            self.waiting[user] -= 1
            if not self.waiting[user]:
                del self.waiting[user]


def install(app: Flask) -> None:
    app.extensions[EXTENSION] = OpenSubmissions()
    app.teardown_request(_end)


def guard() -> None:
    """Guard a resource that takes links by POST, before its body is read."""
    if request.method == "POST":
        rate_limits.take(rate_limits.SUBMISSIONS, caller())
        rate_limits.take(rate_limits.LINKS, caller(), 0)
        begin(caller())


def begin(user: str) -> None:
    """Let no other submission of the user begin until this request ends; to say so twice is to say it once."""
    if g.get("submitting") == user:
        return
    submissions: OpenSubmissions = current_app.extensions[EXTENSION]
    submissions.begin(user)
    g.submitting = user


def _end(_error: BaseException | None) -> None:
    user = g.pop("submitting", None)
    if user is not None:
        submissions: OpenSubmissions = current_app.extensions[EXTENSION]
        submissions.end(user)
