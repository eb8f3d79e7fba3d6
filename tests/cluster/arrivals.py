"""Notes when requests arrive at this machine's end of the switch.

The kernel says so of each packet. The stand-in would be late: it, too, waits for a processor.
"""

import socket
import struct
from contextlib import suppress
from threading import Event, Thread
from typing import Any, NamedTuple, Self

from tests.cluster.network import OURS

IP = 0x0800  # https://man7.org/linux/man-pages/man7/packet.7.html
OUTGOING = 4
TIMESTAMP_NS = 35  # SO_TIMESTAMPNS, https://man7.org/linux/man-pages/man7/socket.7.html
BUFFER_FORCE = 33  # SO_RCVBUFFORCE
BUFFER_BYTES = 2**26  # no packet is missed while we wait for a processor
SENDER = slice(12, 16)  # of IP's header: RFC 791, 3.1
BEGINNING = 400  # bytes of a packet: its headers, and a request's first line


class Arrival(NamedTuple):
    """The moment is in seconds since 1970, the sender a host's address."""

    moment: float
    sender: str


class Arrivals:
    """Of requests whose first line has this text."""

    def __init__(self, text: str) -> None:
        self.text = text.encode()
        self.found: list[Arrival] = []
        self.over = Event()

    def __enter__(self) -> Self:
        self.packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(IP))
        self.packets.setsockopt(socket.SOL_SOCKET, BUFFER_FORCE, BUFFER_BYTES)
        self.packets.setsockopt(socket.SOL_SOCKET, TIMESTAMP_NS, 1)
        self.packets.bind((OURS, 0))
        self.packets.settimeout(0.2)
        self.thread = Thread(target=self._listen, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self.packets.close()

    def _listen(self) -> None:
        while not self.over.is_set():
            with suppress(TimeoutError):
                self._note(*self.packets.recvmsg(BEGINNING, 64))

    def _note(self, packet: bytes, said: list[tuple[int, int, bytes]], _flags: int, address: Any) -> None:
        if address[2] != OUTGOING and self.text in packet:
            seconds, nanoseconds = struct.unpack("qq", said[0][2])
            self.found.append(Arrival(seconds + nanoseconds / 1e9, socket.inet_ntoa(packet[SENDER])))
