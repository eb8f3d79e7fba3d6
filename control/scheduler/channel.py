"""Wakeups from every host, received from PostgreSQL (https://www.postgresql.org/docs/current/sql-listen.html)."""

import psycopg
from sqlalchemy import URL

from crawler.queue import wakeup

CONNECT_SECONDS = 2


class Channel:
    """A connection of its own, which is made anew when it was lost."""

    def __init__(self, url: URL) -> None:
        parts = url.translate_connect_args(username="user", database="dbname")
        self.parameters = {**parts, **url.query}
        self.connection: psycopg.Connection | None = None

    def fileno(self) -> int:
        try:
            if self.connection is None:
                self.connection = self._listen()
            return self.connection.fileno()
        except psycopg.Error:
            self.close()
            return -1

    def _listen(self) -> psycopg.Connection:
        connection = psycopg.connect(**self.parameters, autocommit=True, connect_timeout=CONNECT_SECONDS)
        connection.execute(f"LISTEN {wakeup.CHANNEL}".encode())
        return connection

    def drain(self) -> None:
        try:
            for _ in self.connection.notifies(timeout=0) if self.connection else ():
                pass
        except psycopg.Error:
            self.close()

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None
