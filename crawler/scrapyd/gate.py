"""The gate before scrapyd: whose requests are answered, and how much of a request's body is kept."""

import json
import re
from dataclasses import dataclass, field
from functools import partial
from hmac import compare_digest
from io import BytesIO

from twisted.web.http import HTTPChannel
from twisted.web.server import Request, Site

from crawler.scrapyd import browsers
from crawler.scrapyd.visitors import Visitor

MOST_BYTES = 512 * 1024  # of a body: enough for the longest allowed links with each byte escaped
MOST_READ = 16 * 1024 * 1024  # of a refused body: a client that is cut off while it sends sees no answer
PIECE_BYTES = 1000  # each piece of a body, such as a chunk, counts as this much work in addition to its length
PORT = re.compile(r"(?<=[^:]):\d*$")


@dataclass(frozen=True, slots=True)
class Gate:
    """The names under which this scrapyd may be asked, IPv6 addresses without brackets, and its password."""

    names: frozenset[str]
    username: bytes
    password: bytes = field(repr=False)

    def is_own(self, host: str, address: str) -> bool:
        """Whether a Host header has one of our names or the address that was asked. Other names may lead here too."""
        return PORT.sub("", host.strip().lower()).strip("[]") in {*self.names, address}

    def lets_in(self, username: bytes, password: bytes) -> bool:
        """Whether name and password are right. The comparison's time tells nothing about them."""
        return compare_digest(username, self.username) & compare_digest(password, self.password)


def guard(site: Site, gate: Gate) -> None:
    site.requestFactory = partial(Guarded, gate)  # type: ignore[assignment] # Twisted only calls it


class Guarded(Request):
    """A request whose sender is checked first. Twisted's own keeps and parses bodies of any length from anybody."""

    content: BytesIO

    def __init__(self, gate: Gate, channel: HTTPChannel, *more: object) -> None:
        super().__init__(channel, *more)
        self.gate = gate

    def gotLength(self, length: int | None) -> None:  # noqa: ARG002, N802 - Twisted's names
        self.content = BytesIO()
        self.size = self.work = 0
        self.is_stranger = not self.gate.lets_in(self.getUser(), self.getPassword())
        self.most = 0 if self.is_stranger else MOST_BYTES
        if isinstance(self.transport, Visitor):
            self.transport.is_stranger &= self.is_stranger

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self.size += len(data)
        self.work += len(data) + PIECE_BYTES
        if self.size <= self.most:
            self.content.write(data)
        else:
            self.content.seek(0)
            self.content.truncate()
        if self.work > MOST_READ:
            self.channel.loseConnection()

    def process(self) -> None:
        """Refuse before anything is looked up. A browser may know the password, so that alone is not enough."""
        if not self._is_asked_by_name():
            self._refuse(400, "this scrapyd is not asked for under this name: SCRAPYD_URLS lists those it has")
        elif not browsers.is_allowed(self.method.decode("latin-1"), self.requestHeaders):
            self._refuse(403, "a page of another site may not ask this")
        elif self.is_stranger:
            self.setHeader("WWW-Authenticate", 'Basic realm="Scrapyd"')
            self._refuse(401, "a name and a password are wanted")
        elif self.size > self.most:
            self._refuse(413, f"a request has {MOST_BYTES} bytes at most")
        else:
            super().process()

    def write(self, data: bytes) -> None:
        if not self.startedWriting:
            browsers.set_headers(self.responseHeaders)
        super().write(data)

    def _is_asked_by_name(self) -> bool:
        address = getattr(self.getHost(), "host", "localhost")  # a Unix socket has none
        return all(self.gate.is_own(host, address) for host in self.requestHeaders.getRawHeaders("Host", []))

    def _refuse(self, status: int, message: str) -> None:
        """Answer and hang up: a stranger gets one answer for each connection, even if more requests were sent."""
        self.channel.persistent = 0
        self.setHeader("Connection", "close")
        self.setResponseCode(status)
        self.setHeader("Content-Type", "application/json")
        self.write(json.dumps({"status": "error", "message": message}).encode() + b"\n")
        self.finish()
