"""Where the scheduler waits: for its tick, for a message of `crawler.queue.wakeup`, or for its end."""

import os
import select
import socket
from contextlib import suppress
from typing import Protocol

from control.logs import get_logger
from crawler.process.environment import VAR
from crawler.queue import wakeup
from crawler.store import database

log = get_logger()


class Source(Protocol):
    """A source of wakeups: `fileno` is readable when one came, and -1 while none can; `drain` takes all of them."""

    def fileno(self) -> int: ...
    def drain(self) -> None: ...
    def close(self) -> None: ...


class Socket:
    """Wakeups on this machine. Of two schedulers in one checkout the one started last gets them."""

    def __init__(self) -> None:
        self.socket = wakeup.datagrams()
        try:
            (VAR / wakeup.SOCKET).unlink(missing_ok=True)
            with wakeup.address() as where:
                self.socket.bind(where)
        except OSError as error:
            log.warning("no rings are heard: batches wait for the tick", why=error.strerror)
            self.socket.close()

    def fileno(self) -> int:
        return self.socket.fileno()

    def drain(self) -> None:
        with suppress(BlockingIOError):
            while self.socket.recv(64):
                pass

    def close(self) -> None:
        self.socket.close()


def source(dialect: str) -> Source:
    """Choose the source of wakeups for such a database."""
    if dialect != "postgresql":
        return Socket()
    from control.scheduler.channel import Channel  # noqa: PLC0415 - PostgreSQL's driver is not loaded where SQLite is used

    return Channel(database.listen_url())


class Wakeup:
    """Waits on a source, once it has one. A signal ends it."""

    source: Source | None = None

    def __init__(self) -> None:
        self.ending = False
        self.ended, self.ends = socket.socketpair()
        self.ends.setblocking(False)

    def wait(self, seconds: float) -> bool:
        """Wait, at most until a wakeup comes. Return whether to go on."""
        rings = self.source.fileno() if self.source else -1
        watched = [each for each in (self.ended.fileno(), rings) if each >= 0]
        heard = select.select(watched, [], [], seconds)[0]
        if self.source and rings in heard:
            self.source.drain()
        return not self.ending

    def end(self, *_: object) -> None:
        """Handle a signal: an event would be locked while the main thread looks at it."""
        self.ending = True
        with suppress(OSError):
            os.write(self.ends.fileno(), b"!")

    def close(self) -> None:
        for each in (self.ended, self.ends, self.source):
            if each:
                each.close()
