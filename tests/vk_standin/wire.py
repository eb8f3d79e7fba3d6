"""How an answer goes out: whole, or as bad networks have it."""

from collections.abc import Callable

from twisted.internet import reactor
from twisted.web.server import Request

SLOW_SECONDS = 20  # beyond the crawler's patience
FLOOD_BYTES = 2 * 1024 * 1024
FLOODS = {  # what comes before the headers' end: once, then again and again
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Flood: " + b"a" * 1000 + b"\r\n"),
    "short headers": (b"HTTP/1.1 200 OK\r\n", b"a:\r\n"),
    "folded header": (b"HTTP/1.1 200 OK\r\nX-Flood: a\r\n", b" " + b"a" * 1000 + b"\r\n"),
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
}


def send(request: Request, body: bytes, trouble: str = "") -> None:
    SENDERS.get(trouble, _whole)(request, body)


def _whole(request: Request, body: bytes) -> None:
    request.write(body)
    request.finish()


def _hang(_request: Request, _body: bytes) -> None:
    """No answer ever comes."""


def _reset(request: Request, _body: bytes) -> None:
    request.transport.abortConnection()


def _cut(request: Request, body: bytes) -> None:
    """Close in the middle of what was announced."""
    request.setHeader("Content-Length", str(len(body) * 2 + 1))
    request.write(body)
    request.transport.loseConnection()


def _slow(request: Request, body: bytes) -> None:
    """Send a byte a second, and drop the connection after a while."""
    gone: list[object] = []
    request.notifyFinish().addErrback(gone.append)
    request.setHeader("Content-Length", str(len(body) + SLOW_SECONDS))
    _drip(request, body.ljust(SLOW_SECONDS)[:SLOW_SECONDS], gone)


def _drip(request: Request, left: bytes, gone: list[object]) -> None:
    if gone:
        return
    if not left:
        request.transport.abortConnection()
        return
    request.write(left[:1])
    reactor.callLater(1, _drip, request, left[1:], gone)


def flood(request: Request, kind: str, content_type: str, body: bytes) -> None:
    """Send an endless head as it would be without its end; after FLOOD_BYTES it ends all the same, with this body."""
    gone: list[object] = []
    request.notifyFinish().addErrback(gone.append)
    begin, unit = FLOODS[kind]
    status = b"HTTP/1.1 200 OK\r\n" if not begin else b""
    head = f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    request.transport.write(begin)
    _pour(request, unit * (100_000 // len(unit)), FLOOD_BYTES, status + head + body, gone)


def _pour(request: Request, piece: bytes, left: int, end: bytes, gone: list[object]) -> None:
    if gone:
        return
    if left <= 0:
        request.transport.write(end)
        return
    request.transport.write(piece)
    reactor.callLater(0.001, _pour, request, piece, left - len(piece), end, gone)


SENDERS: dict[str, Callable[[Request, bytes], None]] = {"hang": _hang, "reset": _reset, "cut": _cut, "slow": _slow}
