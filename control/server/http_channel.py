"""A connection of the API's server. It handles one request at a time, and neither side waits for ever.

waitress's own takes as many requests as fit into a packet, and never closes a connection with a request under way.
"""

import socket
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]

from control.server.http_parser import Parser
from control.server.http_tasks import ProblemTask, Stream, Task
from control.server.pace import Pace

SILENT_SECONDS = 30.0  # before the first request
KEPT_SECONDS = 120.0  # after an answer
LINGER_SECONDS = 5.0
LINGER_BYTES = 32 * 1024 * 1024
DISCARDED_AT_ONCE = 64 * 1024


class Channel(HTTPChannel):
    task_class = Task
    error_task_class = ProblemTask

    request: Parser | None
    rest: Stream | None = None  # the rest of the answer under way
    beyond = b""  # what the client has sent after the request under way
    served = False
    unread = False  # whether the request was refused before its end
    lingers_until: float | None = None
    lingered = 0  # bytes

    def __init__(self, server: Any, sock: socket.socket, addr: Any, adj: Any, map: Any = None) -> None:  # noqa: A002
        self.clock = server.clock
        self.since: float = self.clock()
        self.active = self.since
        self.pace = Pace()
        self.site = server.connections.site(addr[0])
        super().__init__(server, sock, addr, adj, map=map)
        server.connections.admit(self)

    def parser_class(self, adj: Any) -> Parser:
        return Parser(adj, self.server.most_bytes, self.server.bodies, self.site)

    @property
    def at_work(self) -> bool:
        return bool(self.requests) and not self.total_outbufs_len

    def overdue(self, now: float) -> bool:
        """Whether the client has used up its time."""
        if self.lingers_until is not None:
            return now > self.lingers_until
        if self.total_outbufs_len or self.request:
            return self.pace.too_slow(now)
        self.pace.rest()
        if self.requests or self.rest or self.close_when_flushed:
            return False
        return now - self.active > KEPT_SECONDS if self.served else now - self.since > SILENT_SECONDS

    def readable(self) -> bool:
        return self.lingers_until is not None or (not self.beyond and bool(super().readable()))

    def handle_read(self) -> None:
        if self.lingers_until is None:
            super().handle_read()
        else:
            self._discard()

    def received(self, data: bytes) -> bool:
        """Take one request. What follows it waits until the client has fetched the answer."""
        with self.requests_lock:
            if self.will_close or self.close_when_flushed:
                return False
            self._moved(len(data))
            data = self.beyond + data
            while data and not self.requests:
                data = data[self._read(data) :]
            self.beyond = data
        return True

    def _read(self, data: bytes) -> int:
        if self.request is None:
            self.request = self.parser_class(self.adj)
        consumed: int = self.request.received(data)
        if self.request.completed:  # no `100 Continue` for a body that is refused
            self._take()
        elif self.request.expect_continue and self.request.headers_finished and not self.sent_continue:
            self.send_continue()
        return consumed

    def _take(self) -> None:
        self.sent_continue = False
        self.pace.rest()
        request, self.request = self.request, None
        if request and not request.empty:  # empty: only blank lines came
            self.served = True
            self.since = self.clock()
            self.server.connections.make_room(self.site)
            self.requests.append(request)
            self.server.add_task(self)

    def writable(self) -> bool:
        rest = self.rest  # read once, because a thread that finishes the stream sets it to None
        if rest:
            return bool(self.total_outbufs_len or self.will_close or rest.due)
        return bool(super().writable() or self._has_next())

    def handle_write(self) -> None:
        if self.close_when_flushed and (self.rest or self.unread):
            self._write_and_stay(self.rest)
        else:
            super().handle_write()
        if self.connected and self._has_next():
            self.received(b"")

    def send(self, data: bytes, do_close: bool = True) -> int:
        count: int = super().send(data, do_close)
        self._moved(count)
        return count

    def handle_close(self) -> None:
        super().handle_close()
        self.server.connections.leave(self)
        if self.request:
            self.request.close()
        rest = self.rest
        if rest:
            rest.resume()

    def _has_next(self) -> bool:
        return bool(self.beyond) and not (self.requests or self.total_outbufs_len or self.close_when_flushed)

    def _flush_some(self, do_close: bool = True) -> bool:
        sent: bool = super()._flush_some(do_close)
        if not self.total_outbufs_len:
            self.pace.rest()
        return sent

    def _moved(self, count: int) -> None:
        if count:
            self.active = self.clock()
            self.pace.move(count, self.active)

    def _write_and_stay(self, rest: Stream | None) -> None:
        """Do not close yet, if more of the answer comes, or if the client still sends and would not see the answer."""
        self._flush_exception(self._flush_some_if_lockable)
        if self.will_close:
            self.handle_close()
        elif rest:
            rest.resume()
        elif not self.total_outbufs_len:
            self._linger()

    def _linger(self) -> None:
        """Close our side, and for a while discard what the client still sends."""
        self.close_when_flushed = False
        self.lingers_until = self.clock() + LINGER_SECONDS
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def _discard(self) -> None:
        data = self.recv(DISCARDED_AT_ONCE)  # at the end of the data this closes the connection
        self.lingered += len(data)
        if self.lingered > LINGER_BYTES:
            self.handle_close()
