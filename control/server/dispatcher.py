"""Threads for requests. Requests that only read have their own, so that they never wait for those that write.

A request that writes may wait for the database's lock or for its turn to hash a password, and keeps a thread meanwhile.
A few threads write streams, which never wait for their readers.
"""

from typing import Any

from waitress.task import ThreadedTaskDispatcher  # type: ignore[import-untyped]

READING = {"GET", "HEAD", "OPTIONS"}


class Dispatcher:
    """What waitress gives its requests to."""

    def __init__(self, readers: int, writers: int, streamers: int) -> None:
        self.readers, self.writers = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        self.readers.set_thread_count(readers)
        self.writers.set_thread_count(writers)
        self.streams = ThreadedTaskDispatcher()
        self.streams.set_thread_count(streamers)

    def add_task(self, channel: Any) -> None:
        """Queue a connection whose next request is to be answered. A broken request costs nothing."""
        request = channel.requests[0]
        reads = request.error or request.command in READING
        (self.readers if reads else self.writers).add_task(channel)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        ended = [each.shutdown(cancel_pending, timeout) for each in (self.readers, self.writers, self.streams)]
        return any(ended)
