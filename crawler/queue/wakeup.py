"""Wakes the scheduler when there may be something to do now, before its next tick.

Whoever hands in links sends a wakeup, and whoever frees a slot. On one machine it is a datagram on a socket in `var/`.
With PostgreSQL, a NOTIFY reaches the schedulers of every host (https://www.postgresql.org/docs/current/sql-notify.html).
Nothing depends on it: if a wakeup is lost, the scheduler's next tick comes.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from crawler.process.environment import VAR

CHANNEL = "views_stats"
SOCKET = "wakeup.sock"


def send(engine: Engine) -> None:
    """Wake the scheduler. Call it after the commit, so that it sees the change. It never waits, and never fails."""
    if engine.dialect.name == "postgresql":
        with suppress(SQLAlchemyError), engine.begin() as connection:
            connection.execute(select(func.pg_notify(CHANNEL, "")))
    else:
        with suppress(OSError), datagrams() as sender, address() as where:
            sender.sendto(b"!", where)


def datagrams() -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.setblocking(False)  # when the queue is full, the scheduler is about to wake anyway
    return made


@contextmanager
def address() -> Iterator[str]:
    """The socket's path, by way of its open folder: in a deep checkout the plain one is longer than an address may be.

    https://man7.org/linux/man-pages/man7/unix.7.html
    """
    folder = os.open(VAR, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)
