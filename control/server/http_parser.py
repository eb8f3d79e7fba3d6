"""Parses requests, with a limit on the length of each part.

waitress itself has one limit on bodies for all routes, and none on the lines between chunks.
"""

import re
from collections.abc import Callable
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]
from waitress.receiver import ChunkedReceiver  # type: ignore[import-untyped]
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge  # type: ignore[import-untyped]

from control.server.buffered_bodies import BufferedBodies, TooMuchOfAll, TooMuchOfOne
from control.web import refused_bodies
from control.web.body_sizes import SMALL_BODY
from control.web.refused_bodies import Refused

MOST_HEADER_BYTES = 32 * 1024  # waitress searches all of them again with every packet
LONGEST_CHUNK_LINE = 1024  # the chunk's size in hex, and extensions that nobody uses
LONGEST_TRAILER = 4096
MOST_FRAMING = 64 * 1024  # bytes around chunks, in addition to a share of their data: each chunk costs time
TRANSFER_ENCODING = re.compile(rb"\ntransfer-encoding[ \t]*:([^\r\n]*)", re.IGNORECASE)
OF_BODIES = (RequestEntityTooLarge, TooMuchOfOne, TooMuchOfAll)

MostBytes = Callable[[str, str], int]  # the most bytes of a body, by method and path


class Chunks(ChunkedReceiver):
    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if len(self.control_line) > LONGEST_CHUNK_LINE:
            self.error = BadRequest("The line before a chunk does not end.")
        elif len(self.trailer) > LONGEST_TRAILER:
            self.error = BadRequest("The trailers do not end.")
        return consumed


class Parser(HTTPRequestParser):
    """One request. `most_bytes` tells how long a body its route accepts; `bodies` limits how much is buffered."""

    error: Error | None
    body_rcv: Any
    most: int | None = None
    counted = 0
    refused: Refused | None = None  # what the app tells a browser of its body

    def __init__(self, adj: Any, most_bytes: MostBytes, bodies: BufferedBodies, site: str | None) -> None:
        super().__init__(adj)
        self.most_bytes = most_bytes
        self.bodies = bodies
        self.site = site

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.error is None and self.body_rcv is not None:
            self.error = self._refusal()
        if isinstance(self.error, OF_BODIES) and refused_bodies.wants_page(self.headers):
            self._leave_to_app(self.error)
        if self.error is not None or self.refused is not None:
            self.completed = True
            self.close()
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Refuse a request that two servers in a row would understand differently (RFC 9112, 6.1)."""
        super().parse_header(header_plus)
        encodings = TRANSFER_ENCODING.findall(header_plus)
        if encodings and not (self.chunked and _is_plain(encodings) and "CONTENT_LENGTH" not in self.headers):
            raise ParsingError("Transfer-Encoding beside Content-Length, or other than `chunked`")
        if self.chunked:
            self.body_rcv = Chunks(self.body_rcv.getbuf())

    def close(self) -> None:
        super().close()
        if self.refused:
            self.body_rcv = None
        self.bodies.remove(self.site, self.counted)
        self.counted = 0

    def _leave_to_app(self, error: Error) -> None:
        """Let the request be answered without its body."""
        self.error, self.refused = None, Refused(error.code, getattr(error, "retry_after", None))
        self.headers["CONTENT_LENGTH"] = "0"

    def _refusal(self) -> Error | None:
        come = len(self.body_rcv)
        if self.most is None:
            self.most = self._most()
        if max(self.content_length, come + self._announced()) > self.most:
            return RequestEntityTooLarge("")
        if self.body_bytes_received - come > MOST_FRAMING + come // 4:
            return BadRequest("The chunks are too small.")
        return self._count(come) if come > SMALL_BODY else None

    def _announced(self) -> int:
        return int(self.body_rcv.chunk_remainder) if self.chunked else 0

    def _most(self) -> int:
        """Return the limit of the body. Without a token, or a browser's cookie, no body may be large."""
        known = self.headers.get("AUTHORIZATION", "") or self.headers.get("COOKIE", "")
        return self.most_bytes(self.command, self.path) if known else SMALL_BODY

    def _count(self, come: int) -> Error | None:
        refusal = self.bodies.add(self.site, come - self.counted)
        if refusal is None:
            self.counted = come
        return refusal


def _is_plain(encodings: list[bytes]) -> bool:
    return [each.strip(b" \t").lower() for each in encodings] == [b"chunked"]
