"""The API's server: waitress with limits on what one client, and all clients together, can use of it."""

import logging
import resource
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.server import MultiSocketServer, TcpWSGIServer  # type: ignore[import-untyped]

from control.logs import get_logger
from control.server.buffered_bodies import BufferedBodies
from control.server.connections import Connections
from control.server.dispatcher import Dispatcher
from control.server.http_channel import Channel
from control.server.http_parser import MOST_HEADER_BYTES
from control.server.http_tasks import Streaming
from control.web.client_address import Network, Proxies
from control.web.openapi import Api

READERS = 8
WRITERS = 8
STREAMERS = 2
CONNECTIONS = 1000  # idle ones cost almost nothing
FILES_OF_ONE = 3  # file descriptors of a connection: its socket, a file that is sent, and a buffered body
OTHER_FILES = 200  # of the database and of logs
LONGEST_UNSENT = 1024 * 1024  # bytes of a stream in memory; waitress puts more into another buffer
KERNEL_BUFFER = 128 * 1024  # in either direction; the system's own grows to megabytes and hides a slow reader
TIDY_SECONDS = 1.0

log = get_logger()


@dataclass(frozen=True, slots=True)
class ClientUse:
    """What clients use of the server, counted over all addresses at which we listen."""

    connections: Connections
    bodies: BufferedBodies


class Server(TcpWSGIServer):
    channel_class = Channel
    clock = staticmethod(monotonic)
    tidied = 0.0

    def __init__(self, app: Api, proxies: Proxies, used: ClientUse, dispatcher: Dispatcher, **named: Any) -> None:
        self.connections = used.connections
        self.bodies = used.bodies
        self.streams = dispatcher.streams
        self.most_bytes = app.most_bytes
        super().__init__(Streaming(proxies), dispatcher=dispatcher, **named)

    def readable(self) -> bool:
        """Accept every connection, because another one is closed for it if there are too many."""
        now = self.clock()
        if now - self.tidied >= TIDY_SECONDS:
            self.tidied = now
            self.tidy(now)
        return bool(self.accepting)

    def tidy(self, now: float) -> None:
        """Close connections that are slow or silent. Those with a full buffer cause no event that would do it."""
        overdue = [channel for channel in self.active_channels.values() if channel.overdue(now)]
        for channel in overdue:
            channel.handle_close()
        self.connections.make_room_for_all()
        if slow := sum(not channel.served or bool(channel.total_outbufs_len) for channel in overdue):
            log.info("slow connections closed", count=slow)

    def set_socket_options(self, conn: socket.socket) -> None:
        super().set_socket_options(conn)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)


def serve(app: Api, host: str, port: int, trusted: Iterable[Network] = ()) -> Any:
    """Listen, and return the server, which is to be run. Raises OSError or ValueError if the address cannot be used."""
    settings = Adjustments(
        host=host,
        port=port,
        ident=None,
        asyncore_use_poll=True,  # select() handles only 1024 descriptors
        outbuf_high_watermark=LONGEST_UNSENT,
        max_request_header_size=MOST_HEADER_BYTES,
        clear_untrusted_proxy_headers=False,  # Proxies does that, and accepts several proxies
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it would warn of every request that waits
    proxies, loop = Proxies(app, trusted), dict[int, Any]()
    used = ClientUse(Connections(most_connections(), proxies.trusts), BufferedBodies())
    dispatcher = Dispatcher(READERS, WRITERS, STREAMERS)
    parts = {"used": used, "dispatcher": dispatcher, "map": loop, "adj": settings}
    servers = [Server(app, proxies, sockinfo=each, **parts) for each in settings.listen]
    if len(servers) == 1:
        return servers[0]
    addresses = [(each.effective_host, each.effective_port) for each in servers]
    return MultiSocketServer(loop, settings, addresses, dispatcher, servers[0].log_info)


def most_connections() -> int:
    """Raise the limit of open files as far as needed and allowed, and return how many connections it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS * FILES_OF_ONE + OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(CONNECTIONS, (soft - OTHER_FILES) // FILES_OF_ONE)
