"""How an answer goes out: whole, or as bad networks have it."""

from collections.abc import Callable

from twisted.internet import reactor
from twisted.web.server import Request

SLOW_SECONDS = 20  # beyond the crawler's patience


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


SENDERS: dict[str, Callable[[Request, bytes], None]] = {"hang": _hang, "reset": _reset, "cut": _cut, "slow": _slow}
